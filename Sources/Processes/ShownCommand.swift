package import Logging

/// A command as people may see it: in the log, and in errors.
package enum ShownCommand {
    /// The words with spaces between them, and `***` for what looks like a secret: the value of a variable whose name
    /// says that it holds one, as in `--build-arg NPM_TOKEN=…`, and who logs in at an address, as in
    /// `https://user:password@proxy`.
    ///
    /// Nothing here passes a secret as an argument. Users do, in options that they write themselves.
    package static func text(_ words: [String]) -> String {
        words.map { onOneLine(hidingLogin(hidingValue($0))) }.joined(separator: " ")
    }

    /// The ends of names that Buildkite takes for those of secrets, in lower case.
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

    /// Hides what stands before the `@` of every address.
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

/// A command in the log, for those who want to see every one: how it is run, and when it has ended, how that went.
package struct CommandReport {
    /// As people may see it.
    package let text: String
    private let name: String
    private let log: Logger
    private let began = ContinuousClock.now

    /// Says that the command is run now.
    package init(_ words: [String], log: Logger) {
        text = ShownCommand.text(words)
        name = ShownCommand.text(Array(words.prefix(2)))
        self.log = log
        log.debug("$ \(text)")
    }

    /// Says that it has ended.
    package func ended(status: Int32) {
        log.debug("\(name): status \(status) after \(Self.seconds(ContinuousClock.now - began)) s")
    }

    /// With hundredths.
    static func seconds(_ duration: Duration) -> String {
        let hundredths = duration.components.seconds * 100 + duration.components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

extension String {
    /// The text without white space at either end.
    package func trimmingWhitespace() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// What a command said, ended with a full stop where it has none, so that a sentence can follow.
    package var endedAsSentence: String {
        isEmpty || hasSuffix(".") || hasSuffix("?") || hasSuffix("!") ? self : self + "."
    }
}
