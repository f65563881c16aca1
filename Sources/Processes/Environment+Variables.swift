package import Subprocess

extension Environment {
    /// These variables, and no others.
    package static func exactly(_ variables: [String: String]) -> Environment {
        .custom(variables.map { Array("\($0.key)=\($0.value)\0".utf8) })
    }
}
