import Host

/// What `doctor --format json` prints.
package struct DoctorReport: Encodable {
    package let version = ProductVersion.current
    /// `problem`, `warning` or `ok`: the worst of all checks.
    package let status: String
    let checks: [Check]

    package struct Check: Encodable {
        package let name: String
        /// `ok`, `warning`, `problem` or `skipped`.
        package let status: String
        let finding: String
        /// What to do; absent where nothing is to be done, or where the finding says it.
        package let advice: String?
        /// What came of `--fix`; absent where it had nothing to do.
        let repair: String?
    }

    package init(_ examinations: [Examination]) {
        checks = examinations.map { examination in
            Check(
                name: examination.name,
                status: examination.finding.status.rawValue,
                finding: examination.finding.text,
                advice: examination.finding.advice,
                repair: examination.repair
            )
        }
        let found = Set(examinations.map(\.finding.status))
        let worst = [Finding.Status.problem, .warning].first(where: found.contains) ?? .ok
        status = worst.rawValue
    }
}

/// How the state of a check is shown at the beginning of its line.
package enum DoctorMarks: Equatable {
    /// Where a terminal can show them.
    case signs
    /// Everywhere else: in a file, in a job's log, and where the locale is not UTF-8.
    case words

    /// - Parameter environment: `LC_ALL`, `LC_CTYPE` and `LANG` say how a terminal reads bytes, the first that is set
    package init(isTerminal: Bool, environment: [String: String]) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased().filter { $0 != "-" }
        self = isTerminal && encoding.contains("utf8") ? .signs : .words
    }

    /// All marks of a kind are as wide as each other, with the space that follows.
    package func mark(_ status: Finding.Status) -> String {
        switch self {
        case .signs:
            switch status {
            case .ok: "✓ "
            case .warning: "! "
            case .problem: "✗ "
            case .skipped: "- "
            }
        case .words:
            status.rawValue + String(repeating: " ", count: 9 - status.rawValue.count)
        }
    }
}
