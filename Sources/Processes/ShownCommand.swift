/// A command as people may see it: in the log, and in errors.
package enum ShownCommand {
    /// The words with spaces between them, and `***` for what looks like a secret: the value of a variable whose name
    /// says that it holds one, as in `--build-arg NPM_TOKEN=…`, and who logs in at an address, as in
    /// `https://user:password@proxy`.
    ///
    /// Nothing here passes a secret as an argument. Users do, in options that they write themselves.
    package static func text(_ words: [String]) -> String {
        words.map { hidingLogin(hidingValue($0)) }.joined(separator: " ")
    }

    /// The ends of names that Buildkite takes for those of secrets, in lower case.
    /// https://buildkite.com/docs/pipelines/configure/managing-log-output
    private static let endings = [
        "password", "secret", "token", "private_key", "access_key", "secret_key", "api_key", "connection_string",
    ]

    /// Hides the value in `NAME=value` and in `--option=NAME=value`.
    private static func hidingValue(_ word: String) -> String {
        guard let equals = word.firstIndex(of: "=") else { return word }
        let name = word[..<equals].lowercased()
        if !name.hasPrefix("-"), endings.contains(where: name.hasSuffix) { return word[...equals] + "***" }
        guard name.hasPrefix("-") else { return word }
        return word[...equals] + hidingValue(String(word[word.index(after: equals)...]))
    }

    /// Hides what stands before the `@` of an address.
    private static func hidingLogin(_ word: String) -> String {
        guard let scheme = word.firstRange(of: "://") else { return word }
        let rest = word[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return word }
        return word[..<scheme.upperBound] + "***" + word[at...]
    }
}
