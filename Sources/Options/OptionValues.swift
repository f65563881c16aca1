/// The options of one lookup as the user wrote them, not yet understood.
package struct OptionValues: Sendable, Equatable {
    /// Where the options were written: errors name them as they stand there.
    package enum Origin: Sendable, Equatable {
        case pipeline
        case commandLine
    }

    package let origin: Origin
    private var texts: [String: [String]]
    /// Options for a list that were given as one text.
    private var texted: Set<String> = []

    package init(origin: Origin) {
        self.origin = origin
        texts = [:]
    }

    /// Sets an option. An empty list is the same as none.
    package mutating func set(_ option: OptionDefinition, to values: [String]) {
        texts[option.name] = values.isEmpty ? nil : values
    }

    /// Sets an option for a list to one text: each of its lines is an element, but for empty ones.
    package mutating func set(_ option: OptionDefinition, toLinesOf text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        set(option, to: lines.filter { !$0.allSatisfy(\.isWhitespace) })
        texted.insert(option.name)
    }

    /// Whether an option for a list was given as one text.
    package func isGivenAsText(_ option: OptionDefinition) -> Bool {
        texted.contains(option.name)
    }

    /// The name of the option as the user knows it: `max-age-days`, or `--max-age-days`.
    package func displayName(_ option: OptionDefinition) -> String {
        switch origin {
        case .pipeline: option.name
        case .commandLine: "--\(option.argument)"
        }
    }

    /// Whether anything was given for the option.
    package func has(_ option: OptionDefinition) -> Bool {
        texts[option.name] != nil
    }

    /// The values of an option that may be given several times, in order.
    package func list(_ option: OptionDefinition) -> [String] {
        texts[option.name] ?? []
    }

    /// The value, or the default, or nil if there is neither. An empty text counts as none: it is what a variable
    /// that is not set leaves behind in a pipeline.
    package func text(_ option: OptionDefinition) throws(OptionError) -> String? {
        let values = list(option)
        guard values.count <= 1 else {
            throw .severalValues(option: displayName(option), values: values)
        }
        guard let value = values.first, !value.isEmpty else { return option.defaultValue }
        return value
    }

    /// The value of an option that must be there.
    package func requiredText(_ option: OptionDefinition) throws(OptionError) -> String {
        guard let value = try text(option) else {
            throw .missing(
                option: displayName(option),
                meaning: option.meaning,
                allowed: option.allowedWords
            )
        }
        return value
    }

    /// One of the words that the option allows.
    package func choice(_ option: OptionDefinition) throws(OptionError) -> String {
        let value = try requiredText(option)
        guard let word = Self.word(value, among: option.allowedWords) else {
            throw .notAllowed(option: displayName(option), value: value, allowed: option.allowedWords)
        }
        return word
    }

    /// The one of `allowed` that is meant by `word`. In YAML 1.1 `off` and `no` are `false`, and in YAML 1.2 they are
    /// words: which of them arrives depends on who reads the pipeline.
    package static func word(_ word: String, among allowed: [String]) -> String? {
        if allowed.contains(word) { return word }
        return [trueWords, falseWords].first { $0.contains(word) }?.first { allowed.contains($0) }
    }

    private static let trueWords = ["true", "yes", "on"]
    private static let falseWords = ["false", "no", "off"]

    /// `true` or `false`.
    package func boolean(_ option: OptionDefinition) throws(OptionError) -> Bool {
        let value = try text(option) ?? "false"
        guard let word = Self.word(value, among: ["true", "false"]) else {
            throw .notAllowed(option: displayName(option), value: value, allowed: ["true", "false"])
        }
        return word == "true"
    }

    /// A number that is not negative, or nil where none was given and there is no default.
    package func number(_ option: OptionDefinition) throws(OptionError) -> Double? {
        guard let value = try text(option) else { return nil }
        guard let number = Self.number(value) else {
            throw .notANumber(option: displayName(option), value: value)
        }
        return number
    }

    /// A number that is not negative, as JSON and YAML write it: also `1e3`, which is what happens to a large one on
    /// its way through the agent. Nil for anything else.
    package static func number(_ text: String) -> Double? {
        let isPlain = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || ".eE+-".utf8.contains($0)
        }
        let beginsWithDigit = text.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        guard isPlain, beginsWithDigit, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// A text in which `$NAME` stands for the value that the variable has now.
    ///
    /// That is how secrets get here: the pipeline's file, which anyone may read, holds only the name.
    package func resolvedText(
        _ option: OptionDefinition,
        environment: [String: String]
    ) throws(OptionError) -> String? {
        guard let value = try text(option) else { return nil }
        return try resolved(value, of: option, environment: environment)
    }

    /// As ``resolvedText(_:environment:)``, for an option that must be there.
    ///
    /// - Parameter environment: nil where variables may not be set yet: then the answer is nil
    package func requiredResolvedText(
        _ option: OptionDefinition,
        environment: [String: String]?
    ) throws(OptionError) -> String? {
        guard has(option) else {
            throw .missing(option: displayName(option), meaning: option.meaning, allowed: [])
        }
        guard let environment else { return nil }
        guard let text = try resolvedText(option, environment: environment) else {
            throw .empty(option: displayName(option), variable: option.variable)
        }
        return text
    }

    /// `value`, or what the variable has now that it names as `$NAME`.
    package func resolved(
        _ value: String,
        of option: OptionDefinition,
        environment: [String: String]
    ) throws(OptionError) -> String {
        guard value.hasPrefix("$") else { return value }
        var name = value.dropFirst()
        if name.hasPrefix("{"), name.hasSuffix("}") { name = name.dropFirst().dropLast() }
        // A password that itself begins with $ is not to be shown as if it were a name.
        guard VariableName.isWellFormed(String(name)) else {
            throw .notAVariable(option: displayName(option))
        }
        guard let resolved = environment[String(name)], !resolved.isEmpty else {
            throw .variableNotSet(option: displayName(option), variable: String(name))
        }
        return resolved
    }
}

/// The names of variables in a shell and in its environment.
package enum VariableName {
    /// Whether a shell accepts `name` for a variable.
    package static func isWellFormed(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
