/// One way in which a server lets itself be convinced: an item of `WWW-Authenticate` (RFC 9110, section 11.6.1).
struct AuthenticationChallenge: Equatable {
    /// In lower case, such as `basic` or `bearer`.
    let scheme: String
    /// With names in lower case. Of a name that is given twice, the first counts.
    let parameters: [String: String]

    /// All challenges in the values of a response's `WWW-Authenticate` headers, in order.
    ///
    /// One header may hold several, separated by the same commas that separate the parameters of one. What is malformed
    /// is skipped: the challenges around it may be enough.
    static func parse(_ values: [String]) -> [AuthenticationChallenge] {
        values.flatMap { value in
            var parser = ChallengeParser(value)
            return parser.parse()
        }
    }
}
