/// The variables that the instructions of a stage can use.
///
/// BuildKit keeps them as one environment, in which the last of several values wins, whether from `ARG` or from `ENV`.
/// A stage that starts from another also has the arguments of that stage. It sees each name that an `ENV` sets, there
/// or in the base image, with the value from the `ENV`. Every frontend since 1.2 and all builders since Docker 20.10
/// do this (tested).
///
/// The variables that a base image's environment sets are not known here. The values are those for a base image that
/// sets nothing, and each value records the names for which that was assumed.
struct StageVariables: ShellVariables {
    private struct Value {
        let result: Result<[UInt8], ShellError>
        /// The names that the environment of the base image must not set, because the value would then differ.
        var assumed: Set<[UInt8]>
        var meaning: Meaning
        /// Whether it is an argument of a stage that this one starts from. The base image's environment takes
        /// precedence over it.
        var isHandedOn = false

        mutating func handOn(_ name: [UInt8]) {
            guard !isHandedOn else { return }
            isHandedOn = true
            assumed.insert(name)
            var meaning = Meaning("handed on")
            meaning.append(self.meaning)
            self.meaning = meaning
        }
    }

    private var values: [[UInt8]: Value] = [:]
    /// The values from `ENV` alone, which are in the configuration of the stage's image.
    private var environment: [[UInt8]: Value] = [:]
    /// The names in the order in which they were first set, and in the order in which they were last set. Versions
    /// differ in which of the two a process sees.
    private var firstSet: [[UInt8]] = []
    private var lastSet: [[UInt8]] = []
    /// The names of ``environment`` in the order in which they were first set, as in a configuration.
    private var firstSetInEnvironment: [[UInt8]] = []
    /// Whether the first stage of the chain is built on an image, which has an environment that is not known here.
    private let isOnImage: Bool
    /// The assumptions of the values that were used since ``expand(_:escape:)`` began.
    private var assumed: Set<[UInt8]> = []

    private static let path = Array("PATH".utf8)

    init(isOnImage: Bool) { self.isOnImage = isOnImage }

    /// The variables of a stage that starts from this one.
    var handedOn: StageVariables {
        var copy = self
        for name in values.keys where environment[name] == nil {
            // An argument: if the base image sets the name, the image's value takes precedence.
            if isOnImage { copy.values[name]?.handOn(name) }
            if name == Self.path { copy.values[name] = nil }
        }
        for (name, value) in environment { copy.values[name] = value }
        return copy
    }

    /// A word with its variables replaced.
    struct Expansion {
        let result: Result<[UInt8], ShellError>
        /// The names that the environment of the base image must not set, because the result would then differ.
        let assumed: Set<[UInt8]>
        /// The meaning of the word: its value if that is certain.
        var meaning: Meaning

        init(_ result: Result<[UInt8], ShellError>, assumed: Set<[UInt8]> = [], meaning: Meaning) {
            self.result = result
            self.assumed = assumed
            self.meaning = meaning
        }
    }

    mutating func expand(_ text: [UInt8], escape: UInt8) -> Expansion {
        assumed = []
        let result = Result { () throws(ShellError) in
            try ShellLexer.expand(text, escape: escape, variables: &self)
        }
        var meaning = meaning(of: text)
        if assumed.isEmpty, case .success(let value) = result {
            let names = meaning.names
            meaning = .value(value)
            meaning.depends(on: names)
        }
        return Expansion(result, assumed: assumed, meaning: meaning)
    }

    /// Returns the meaning of a string in which the builder replaces variables.
    func meaning(of text: [UInt8]) -> Meaning { .text(text) { values[$0]?.meaning ?? .unset } }

    /// The environment of a process, apart from what the base image sets.
    var environmentOfProcesses: Meaning {
        var meaning = Self.environment(firstSet, values)
        meaning.depends(on: Set(values.keys))
        meaning.append("order")
        for name in lastSet { meaning.append(name) }
        return meaning
    }

    /// The environment in the configuration of the stage's image, apart from what the base image sets.
    var environmentOfImage: Meaning { Self.environment(firstSetInEnvironment, environment) }

    private static func environment(_ names: [[UInt8]], _ values: [[UInt8]: Value]) -> Meaning {
        var meaning = Meaning("environment")
        for name in names {
            guard let value = values[name] else { continue }
            meaning.append(name)
            meaning.append(value.meaning)
        }
        return meaning
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
        if environment[name] == nil { firstSetInEnvironment.append(name) }
        environment[name] = values[name]
    }

    /// Sets an argument. One without a value changes nothing and need not be set.
    mutating func setArgument(_ name: [UInt8], to expansion: Expansion) {
        if !firstSet.contains(name) { firstSet.append(name) }
        lastSet.removeAll { $0 == name }
        lastSet.append(name)
        values[name] = Value(result: expansion.result, assumed: expansion.assumed, meaning: expansion.meaning)
    }
}
