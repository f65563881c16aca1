import Host

/// The output of `doctor --format json`.
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
        /// What to do; absent if nothing has to be done, or if the finding says it.
        package let advice: String?
        /// The result of `--fix`; absent if it had nothing to do.
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

/// How the status of a check is shown at the beginning of its line.
package enum DoctorMarks: Equatable {
    /// For a terminal that can show them.
    case signs
    /// For everything else: a file, a job's log, and a locale without UTF-8.
    case words

    /// - Parameter environment: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set has the terminal's encoding
    package init(isTerminal: Bool, environment: [String: String]) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased().filter { $0 != "-" }
        self = isTerminal && encoding.contains("utf8") ? .signs : .words
    }

    /// The mark and the space that follows. All marks of one kind have the same width.
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
