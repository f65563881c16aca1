package import Logging

/// The form of a command for logs and errors.
package enum ShownCommand {
    /// The words separated by spaces, with `***` for likely secrets: the value of a variable with the name of a secret,
    /// as in `--build-arg NPM_TOKEN=…`, and the login in an address, as in `https://user:password@proxy`.
    ///
    /// This tool passes no secret as an argument. Users do, in their own options.
    package static func text(_ words: [String]) -> String {
        words.map { onOneLine(hidingLogin(hidingValue($0))) }.joined(separator: " ")
    }

    /// The endings of names that Buildkite treats as secrets, in lower case.
    /// https://buildkite.com/docs/pipelines/configure/managing-log-output
    private static let endings = [
        "password", "secret", "token", "private_key", "access_key", "secret_key", "api_key", "account_key",
        "connection_string",
    ]

    /// Hides the values in `NAME=value`, in `--option=NAME=value`, and in fields such as `type=s3,secret_access_key=…`.
    private static func hidingValue(_ word: String) -> String {
        guard word.contains("="), let equals = word.firstIndex(of: "=") else { return word }
        if word.hasPrefix("-") { return word[...equals] + hidingValue(String(word[word.index(after: equals)...])) }
        let name = word[..<equals].lowercased()
        let isSecret = endings.contains(where: name.hasSuffix)
        let hasFields = !isSecret && word[equals...].contains(",") && name.allSatisfy { $0.isLetter }
        guard !hasFields else {
            return word.split(separator: ",", omittingEmptySubsequences: false)
                .map { hidingField(String($0)) }.joined(separator: ",")
        }
        return hidingField(word)
    }

    private static func hidingField(_ field: String) -> String {
        guard let equals = field.firstIndex(of: "=") else { return field }
        let name = field[..<equals].lowercased()
        return endings.contains(where: name.hasSuffix) ? field[...equals] + "***" : field
    }

    /// Hides the part before the `@` of every address.
    private static func hidingLogin(_ word: String) -> String {
        var shown = ""
        var rest = word[...]
        while let scheme = rest.firstRange(of: "://") {
            shown += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?#".contains($0) && !$0.isWhitespace }
            guard let at = authority.lastIndex(of: "@") else { continue }
            shown += "***"
            rest = rest[at...]
        }
        return shown + rest
    }

    /// A line break in an argument must not begin a line of the log, where it could pass for ours or for a group.
    private static func onOneLine(_ word: String) -> String {
        guard word.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return word }
        return word.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: text += "?"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

/// Logs a command, for users who want to see every one: when it starts, and how it ended.
package struct CommandReport {
    /// The command as shown in the log.
    package let text: String
    private let name: String
    private let log: Logger
    private let began = ContinuousClock.now

    /// Logs the start of the command.
    package init(_ words: [String], log: Logger) {
        text = ShownCommand.text(words)
        name = ShownCommand.text(Array(words.prefix(2)))
        self.log = log
        log.debug("$ \(text)")
    }

    /// Logs the end of the command.
    package func ended(status: Int32) {
        log.debug("\(name): status \(status) after \(Self.seconds(ContinuousClock.now - began)) s")
    }

    /// The duration in seconds, with two decimals.
    static func seconds(_ duration: Duration) -> String {
        let hundredths = duration.components.seconds * 100 + duration.components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

extension String {
    /// The string without white space at either end.
    package func trimmingWhitespace() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// A command's message, with a full stop added if it has none, so that a sentence can follow.
    package var endedAsSentence: String {
        isEmpty || hasSuffix(".") || hasSuffix("?") || hasSuffix("!") ? self : self + "."
    }
}
