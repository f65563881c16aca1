import Subprocess

extension Environment {
    /// These variables, and no others.
    static func exactly(_ variables: [String: String]) -> Environment {
        .custom(variables.map { Array("\($0.key)=\($0.value)\0".utf8) })
    }
}
