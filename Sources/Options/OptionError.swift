/// An invalid configuration. It stops the step before anything is done, with status 64.
package enum OptionError: Error, Equatable, CustomStringConvertible {
    /// `allowed` is empty for an option that takes any string.
    case missing(option: String, meaning: String, allowed: [String])
    case unknown(option: String, nearest: String?, all: [String])
    case notAllowed(option: String, value: String, allowed: [String])
    case notANumber(option: String, value: String)
    /// A list for an option that takes one value.
    case listGiven(option: String)
    /// A map for an option that takes a list; `example` is a list with the map's names, as YAML.
    case mapGiven(option: String, example: String)
    /// One value for an option that has nested options.
    case groupWanted(option: String, members: [String])
    /// A value that is set but empty, as a variable that was unset at the pipeline's upload leaves it.
    case empty(option: String, variable: String)
    /// A variable that the plugin exports was set as if it were an option.
    case ownVariable(String, instead: String)
    case severalValues(option: String, values: [String])
    case variableNotSet(option: String, variable: String)
    /// Options without a value in the pipeline, as in `target:`.
    case withoutValue(options: [String])
    /// A value that begins with `$` but does not name a variable. It is not shown.
    case notAVariable(option: String)
    /// A value that is invalid for the given reason.
    case invalid(option: String, value: String, reason: String)
    /// Like ``invalid(option:value:reason:)``, for a value that is not shown. The reason completes "The option … ".
    case unusable(option: String, reason: String)
    /// A variable of the agent's owner is invalid.
    case invalidVariable(String, value: String, reason: String)
    /// Two options that cannot be combined.
    case conflict(option: String, with: String, reason: String)
    /// An invalid secret. Its value is not shown. The position counts from 1.
    case secret(option: String, position: Int, reason: String)
    /// A file or directory that an option names does not exist. The hint begins with a space, or is empty.
    case notFound(option: String, path: String, what: String, hint: String)
    /// No option names a Dockerfile, and there is none in the default places.
    case noDockerfile(option: String, directory: String, hasContext: Bool)

    /// Whether a variable that a value is taken from is not set: builds of pull requests get no secrets.
    package var saysThatVariableIsNotSet: Bool {
        switch self {
        case .variableNotSet, .empty: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .missing(let option, let meaning, let allowed):
            let expected = allowed.isEmpty ? Self.firstSentence(meaning) : Self.oneOf(allowed)
            return "\(Self.subject(option)) is required: expected \(expected)."
        case .unknown(let option, let nearest, let all):
            let suggestion = nearest.map { "Did you mean \($0)?" } ?? "The options are \(all.joined(separator: ", "))."
            return "There is no option \(option). \(suggestion)"
        case .notAllowed(let option, let value, let allowed):
            let nearest = Spelling.nearest(to: value, among: allowed).map { " Did you mean \"\($0)\"?" } ?? ""
            return "\(Self.subject(option)) is \"\(value)\": expected \(Self.oneOf(allowed))." + nearest
        case .notANumber(let option, let value):
            return "\(Self.subject(option)) is \"\(value)\": expected a number, at least 0, such as 30 or 0.5."
        case .listGiven(let option):
            return "\(Self.subject(option)) is a list: expected one value."
        case .mapGiven(let option, let example):
            return "\(Self.subject(option)) is a map: expected a list, as in \(option): \(example)"
        case .groupWanted(let option, let members):
            return "\(Self.subject(option)) has options of its own. Below it, write \(members.joined(separator: ", "))."
        case .empty(let option, let variable):
            return "\(Self.subject(option)) is empty. The upload of a pipeline replaces $NAME. Write $$NAME, such as "
                + "$$\(variable), and set that variable for this step."
        case .ownVariable(let variable, let instead):
            return "The variable \(variable) is set before the plugin has run in this job. It is not an option: the "
                + "plugin exports it. Set `\(instead)` instead."
        case .severalValues(let option, let values):
            return "\(Self.subject(option)) has \(values.count) values (\(values.joined(separator: ", "))): "
                + "expected one."
        case .variableNotSet(let option, let variable):
            return
                "\(Self.subject(option)) takes its value from the variable \(variable), which is not set or is empty. "
                + "Set \(variable) for this step (an agent hook, a secret), or change the option."
        case .withoutValue(let options):
            let (subject, verb, object) =
                options.count == 1 ? ("option", "has", "it a value") : ("options", "have", "each a value")
            return "The \(subject) \(options.joined(separator: ", ")) \(verb) no value in the pipeline, and the agent "
                + "then passes on none of the plugin's options. Give \(object), or remove the line."
        case .notAVariable(let option):
            return "\(Self.subject(option)) begins with $, but not with the name of a variable. "
                + "Write $NAME, and set NAME for this step."
        case .invalid(let option, let value, let reason):
            return "\(Self.subject(option)) is \"\(value)\": \(reason)"
        case .unusable(let option, let reason):
            return "\(Self.subject(option)) \(reason)"
        case .invalidVariable(let variable, let value, let reason):
            return "The variable \(variable) of this agent is \"\(value)\": \(reason)"
        case .conflict(let option, let other, let reason):
            let subject = option.hasPrefix("--") ? "" : "The options "
            return "\(subject)\(option) and \(other) cannot be combined: \(reason)"
        case .secret(let option, let position, let reason):
            return "Element \(position) of the option \(option) \(reason)"
        case .notFound(let option, let path, let what, let hint):
            return "\(Self.subject(option)) names \(path), but there is no such \(what).\(hint)"
        case .noDockerfile(let option, let directory, let hasContext):
            return "There is no Dockerfile in \(directory)\(hasContext ? ", and none in the context" : ""). "
                + "Set \(Self.inSentence(option)) to its path."
        }
    }

    /// The option as the subject of a sentence. `--provider` on the command line needs no noun before it.
    package static func subject(_ option: String) -> String {
        option.hasPrefix("--") ? option : "The option \(option)"
    }

    private static func inSentence(_ option: String) -> String {
        option.hasPrefix("--") ? option : "the option \(option)"
    }

    private static func oneOf(_ words: [String]) -> String {
        words.count > 3 ? "one of \(words.joined(separator: ", "))" : Self.either(words)
    }

    private static func either(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }

    /// The meaning of an option, for the middle of a sentence: `an image name`.
    private static func firstSentence(_ meaning: String) -> String {
        let sentence = meaning.split(separator: ". ").first ?? ""
        // An abbreviation keeps its case.
        let isAbbreviation = sentence.dropFirst().first?.isUppercase == true
        let words = isAbbreviation ? String(sentence) : sentence.prefix(1).lowercased() + sentence.dropFirst()
        return (words.first.map("aeioAEIO".contains) == true ? "an " : "a ") + words
    }
}

/// The exit statuses of all commands, defined only here.
package enum ExitStatus {
    package static let done: Int32 = 0
    package static let failed: Int32 = 1
    /// Wrong configuration or usage: `EX_USAGE` of sysexits(3), which the argument parser uses too.
    package static let usage: Int32 = 64

    /// The exit status for `error`.
    package static func of(_ error: any Error) -> Int32 {
        (error as? any ErrorWithExitStatus)?.exitStatus ?? failed
    }
}

/// An error that determines the exit status of a command.
package protocol ErrorWithExitStatus: Error {
    /// ``ExitStatus/usage`` for errors in a configuration or on a command line.
    var exitStatus: Int32 { get }
}

extension OptionError: ErrorWithExitStatus {
    package var exitStatus: Int32 { ExitStatus.usage }
}
