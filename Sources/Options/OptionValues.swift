/// The options of one lookup as the user wrote them, not yet parsed.
package struct OptionValues: Sendable, Equatable {
    /// Where the options were written. Errors use the names from there.
    package enum Origin: Sendable, Equatable {
        case pipeline
        case commandLine
    }

    package let origin: Origin
    private var texts: [String: [String]]
    /// List options that were given as one string.
    private var texted: Set<String> = []

    package init(origin: Origin) {
        self.origin = origin
        texts = [:]
    }

    /// Sets an option. An empty list is the same as none.
    package mutating func set(_ option: OptionDefinition, to values: [String]) {
        texts[option.name] = values.isEmpty ? nil : values
    }

    /// Sets a list option to one string: each line that is not blank is an element.
    package mutating func set(_ option: OptionDefinition, toLinesOf text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        set(option, to: lines.filter { !$0.allSatisfy(\.isWhitespace) })
        texted.insert(option.name)
    }

    /// Whether a list option was given as one string.
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

    /// Whether the option has a value.
    package func has(_ option: OptionDefinition) -> Bool {
        texts[option.name] != nil
    }

    /// The values of an option that may be given several times, in order.
    package func list(_ option: OptionDefinition) -> [String] {
        texts[option.name] ?? []
    }

    /// The value or the default; nil if there is neither. An empty string is treated as absent: a variable that is not
    /// set leaves one in a pipeline.
    package func text(_ option: OptionDefinition) throws(OptionError) -> String? {
        let values = list(option)
        guard values.count <= 1 else {
            throw .severalValues(option: displayName(option), values: values)
        }
        guard let value = values.first, !value.isEmpty else { return option.defaultValue }
        return value
    }

    /// The value of a required option.
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

    /// The value of a choice: one of the words that the option allows.
    package func choice(_ option: OptionDefinition) throws(OptionError) -> String {
        let value = try requiredText(option)
        guard let word = Self.word(value, among: option.allowedWords) else {
            throw .notAllowed(option: displayName(option), value: value, allowed: option.allowedWords)
        }
        return word
    }

    /// The word in `allowed` that `word` means. `off` and `no` are `false` in YAML 1.1 and words in YAML 1.2: which of
    /// them arrives depends on the pipeline's parser.
    package static func word(_ word: String, among allowed: [String]) -> String? {
        if allowed.contains(word) { return word }
        return [trueWords, falseWords].first { $0.contains(word) }?.first { allowed.contains($0) }
    }

    private static let trueWords = ["true", "yes", "on"]
    private static let falseWords = ["false", "no", "off"]

    /// The value of a boolean option.
    package func boolean(_ option: OptionDefinition) throws(OptionError) -> Bool {
        let value = try text(option) ?? "false"
        guard let word = Self.word(value, among: ["true", "false"]) else {
            throw .notAllowed(option: displayName(option), value: value, allowed: ["true", "false"])
        }
        return word == "true"
    }

    /// A number that is not negative; nil if none was given and there is no default.
    package func number(_ option: OptionDefinition) throws(OptionError) -> Double? {
        guard let value = try text(option) else { return nil }
        guard let number = Self.number(value) else {
            throw .notANumber(option: displayName(option), value: value)
        }
        return number
    }

    /// Parses a number that is not negative, in the notation of JSON and YAML. This includes `1e3`, to which the agent
    /// converts large numbers. Nil for anything else.
    package static func number(_ text: String) -> Double? {
        let isPlain = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || ".eE+-".utf8.contains($0)
        }
        let beginsWithDigit = text.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        guard isPlain, beginsWithDigit, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// The value, with `$NAME` replaced by the variable's current value.
    ///
    /// Secrets are given in this form: the pipeline's file, which anyone may read, has only the name.
    package func resolvedText(
        _ option: OptionDefinition,
        environment: [String: String]
    ) throws(OptionError) -> String? {
        guard let value = try text(option) else { return nil }
        return try resolved(value, of: option, environment: environment)
    }

    /// Like ``resolvedText(_:environment:)``, for a required option.
    ///
    /// - Parameter environment: nil if variables may not be set yet; the result is then nil
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

    /// `value`, or the current value of the variable that it names as `$NAME`.
    package func resolved(
        _ value: String,
        of option: OptionDefinition,
        environment: [String: String]
    ) throws(OptionError) -> String {
        guard value.hasPrefix("$") else { return value }
        var name = value.dropFirst()
        if name.hasPrefix("{"), name.hasSuffix("}") { name = name.dropFirst().dropLast() }
        // A password that begins with $ must not be shown as if it were a name.
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
