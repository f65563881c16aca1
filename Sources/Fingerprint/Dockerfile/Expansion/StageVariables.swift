/// The variables that the instructions of a stage can use.
///
/// BuildKit keeps them as one environment, in which the last of several values counts, be it from `ARG` or from `ENV`.
/// A stage that starts from another has the arguments of that one too, and finds each name that an `ENV` sets, there or
/// in the base image, as the `ENV` left it. So did every front end since 1.2, and all builders since Docker 20.10
/// (tried).
///
/// What a base image's environment sets is not known here. The values are those for a base image that sets nothing, and
/// each knows the names for which that was assumed.
struct StageVariables: ShellVariables {
    private struct Value {
        let result: Result<[UInt8], ShellError>
        /// The names that the environment of the base image must not set, or the value would be another.
        var assumed: Set<[UInt8]>
    }

    private var values: [[UInt8]: Value] = [:]
    /// Those of `ENV` alone: what the configuration of the stage's image holds.
    private var environment: [[UInt8]: Value] = [:]
    /// The first of the stages that this one starts from is built on an image, whose environment is not known here.
    private let isOnImage: Bool
    /// What the values assume that were handed out since ``expand(_:escape:)`` began.
    private var assumed: Set<[UInt8]> = []

    private static let path = Array("PATH".utf8)

    init(isOnImage: Bool) { self.isOnImage = isOnImage }

    /// The variables of a stage that starts from this one.
    var handedOn: StageVariables {
        var copy = self
        for name in values.keys where environment[name] == nil {
            // An argument; if the base image sets the name, its value counts again.
            if isOnImage { copy.values[name]?.assumed.insert(name) }
            if name == Self.path { copy.values[name] = nil }
        }
        for (name, value) in environment { copy.values[name] = value }
        return copy
    }

    /// A word with its variables replaced.
    struct Expansion {
        let result: Result<[UInt8], ShellError>
        /// The names that the environment of the base image must not set, or the result would be another.
        let assumed: Set<[UInt8]>
    }

    mutating func expand(_ text: [UInt8], escape: UInt8) -> Expansion {
        assumed = []
        let result = Result { () throws(ShellError) in
            try ShellLexer.expand(text, escape: escape, variables: &self)
        }
        return Expansion(result: result, assumed: assumed)
    }

    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]? {
        guard let value = values[name] else {
            guard name != Self.path else {
                throw ShellError("PATH is set by the builder")
            }
            if isOnImage { assumed.insert(name) }
            return nil
        }
        assumed.formUnion(value.assumed)
        return try value.result.get()
    }

    mutating func setEnvironment(_ name: [UInt8], to expansion: Expansion) {
        setArgument(name, to: expansion)
        environment[name] = values[name]
    }

    /// An argument without a value leaves everything as it is, and need not be set.
    mutating func setArgument(_ name: [UInt8], to expansion: Expansion) {
        values[name] = Value(result: expansion.result, assumed: expansion.assumed)
    }
}
