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
