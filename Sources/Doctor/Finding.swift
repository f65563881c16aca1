import Formatting
package import Garbage
import Store
package import SystemPackage

/// The result of a check.
package struct Finding: Equatable, Sendable {
    /// From good to bad, and one for what could not be checked.
    package enum Status: String, Sendable, CaseIterable {
        case ok
        /// The plugin works, but something about it is not as it should be.
        case warning
        /// It prevents the plugin, or the cache behind it, from working.
        case problem
        /// There is no result, for the reason in the text.
        case skipped
    }

    package let status: Status
    /// The finding, without secrets.
    package let text: String
    /// What to do about it, as a sentence; nil if nothing has to be done, or if the text says it.
    package let advice: String?
    /// The repair by `--fix`; nil if only people can make it.
    let repair: Repair?

    private init(_ status: Status, _ text: String, _ advice: String?, _ repair: Repair?) {
        self.status = status
        self.text = text
        self.advice = advice
        self.repair = repair
    }

    package static func ok(_ text: String) -> Finding { Finding(.ok, text, nil, nil) }

    package static func warning(_ text: String, advice: String? = nil, repair: Repair? = nil) -> Finding {
        Finding(.warning, text, advice, repair)
    }

    package static func problem(_ text: String, advice: String? = nil, repair: Repair? = nil) -> Finding {
        Finding(.problem, text, advice, repair)
    }

    package static func skipped(_ text: String) -> Finding { Finding(.skipped, text, nil, nil) }

    /// A problem for an error with a description that says what to do.
    package static func problem(_ error: any Error) -> Finding { .problem("\(error)") }
}

/// A finished check.
package struct Examination: Equatable, Sendable {
    package let name: String
    /// The finding after any repair.
    let finding: Finding
    /// The result of the repair, as a sentence; nil if none was tried.
    var repair: String?

    /// One line: a mark, the name in a column `width` wide, the finding, and what to do.
    package func line(marks: DoctorMarks, width: Int) -> String {
        let padding = String(repeating: " ", count: max(1, width - name.count + 2))
        let sentences = [finding.text, repair, finding.advice].compactMap { $0 }
        // Messages of other programs may have several lines.
        let words = sentences.map(Self.ended).joined(separator: " ").split(whereSeparator: \.isNewline)
        return marks.mark(finding.status) + name + padding + words.joined(separator: " ")
    }

    private static func ended(_ text: String) -> String {
        [".", "?", "!"].contains { text.hasSuffix($0) } ? text : text + "."
    }

    /// The last line: the number of problems and warnings.
    package static func summary(_ examinations: [Examination], isFixing: Bool) -> String {
        func count(_ status: Finding.Status, _ noun: String) -> String? {
            let number = examinations.count { $0.finding.status == status }
            return number == 0 ? nil : Quantity.count(number, noun)
        }
        let bad = [count(.problem, "problem"), count(.warning, "warning")].compactMap { $0 }
        guard !bad.isEmpty else { return "Nothing is wrong." }
        let mendable = examinations.count { $0.finding.repair != nil }
        let all = examinations.count { [.problem, .warning].contains($0.finding.status) }
        let what = all == 1 ? "it" : mendable == all ? "them" : "\(mendable) of them"
        let hint = mendable == 0 || isFixing ? "" : " `docker-cache doctor --fix` repairs \(what)."
        return bad.joined(separator: ", ") + "." + hint
    }

    /// Whether anything keeps the plugin from working.
    package static func hasProblem(_ examinations: [Examination]) -> Bool {
        examinations.contains { $0.finding.status == .problem }
    }
}

/// Repairs that need no permission: nothing that others need is lost.
package enum Repair: Equatable, Sendable {
    /// Restricts these files to their owner.
    case restrict([GuardedFile])
    /// Moves a damaged index aside and begins a new one.
    case replaceIndex(FilePath)
    /// Drops the rows of an index that do not match their checksums.
    case dropDamagedRows(FilePath)
    /// Removes what killed builds have left behind.
    case remove([LeftoverFile])
}

extension Repair {
    /// Makes the repair, and returns a description of it.
    ///
    /// - Parameter now: milliseconds since 1970
    package func carryOut(now: Int64) throws -> String {
        switch self {
        case .restrict(let files):
            for file in files { try file.restrict() }
            return "Repaired: \(files.map(\.path.string).joined(separator: ", ")) got the right permissions."
        case .replaceIndex(let path):
            let opened = try Index.open(at: path, now: now)
            // If opening detects no damage, the check that found it is right.
            guard let notice = try opened.notice ?? opened.index.moveAside(now: now) else {
                return "Another process has replaced it meanwhile."
            }
            if opened.notice == nil { _ = try Index.open(at: path, now: now) }
            return "Repaired: \(notice)"
        case .dropDamagedRows(let path):
            let opened = try Index.open(at: path, now: now)
            let count = try opened.index.dropDamagedRows()
            return "Repaired: dropped \(Quantity.count(count, "row"))."
        case .remove(let files):
            let gone = try files.count { try $0.remove(now: now) }
            return "Repaired: removed \(gone) of \(files.count)."
        }
    }
}
