import Formatting
package import Garbage
import Store
package import SystemPackage

/// The result of a check.
package struct Finding: Equatable, Sendable {
    /// From good to bad, and what could not be looked at.
    package enum Status: String, Sendable, CaseIterable {
        case ok
        /// The plugin works, and something about it is not as it should be.
        case warning
        /// It keeps the plugin, or the cache behind it, from working.
        case problem
        /// Nothing can be said of it, for the reason in the text.
        case skipped
    }

    package let status: Status
    /// What was found, with no secret in it.
    package let text: String
    /// What to do about it, as a sentence; nil where nothing is to be done, or where the text says it.
    package let advice: String?
    /// What `--fix` does about it; nil where only people can.
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

    /// An error, whose description says what to do.
    package static func problem(_ error: any Error) -> Finding { .problem("\(error)") }
}

/// A check that was carried out.
package struct Examination: Equatable, Sendable {
    package let name: String
    /// As it is now, after what was repaired.
    let finding: Finding
    /// What came of repairing it, as a sentence; nil where that was not tried.
    var repair: String?

    /// One line: a mark, the name in a column `width` wide, what was found, and what to do.
    package func line(marks: DoctorMarks, width: Int) -> String {
        let padding = String(repeating: " ", count: max(1, width - name.count + 2))
        let sentences = [finding.text, repair, finding.advice].compactMap { $0 }
        // Some texts are taken from other programs, and would go over several lines.
        let words = sentences.map(Self.ended).joined(separator: " ").split(whereSeparator: \.isNewline)
        return marks.mark(finding.status) + name + padding + words.joined(separator: " ")
    }

    private static func ended(_ text: String) -> String {
        [".", "?", "!"].contains { text.hasSuffix($0) } ? text : text + "."
    }

    /// The last line: how many there were of what is not good.
    package static func summary(_ examinations: [Examination], isFixing: Bool) -> String {
        func count(_ status: Finding.Status, _ noun: String) -> String? {
            let number = examinations.count { $0.finding.status == status }
            return number == 0 ? nil : Quantity.count(number, noun)
        }
        let bad = [count(.problem, "problem"), count(.warning, "warning")].compactMap { $0 }
        guard !bad.isEmpty else { return "Nothing is wrong." }
        let mendable = examinations.count { $0.finding.repair != nil }
        let hint = mendable == 0 || isFixing ? "" : " `docker-cache doctor --fix` repairs \(mendable) of them."
        return bad.joined(separator: ", ") + "." + hint
    }

    /// Whether anything keeps the plugin from working.
    package static func hasProblem(_ examinations: [Examination]) -> Bool {
        examinations.contains { $0.finding.status == .problem }
    }
}

/// What can be repaired without anybody's leave: nothing that others need is lost.
package enum Repair: Equatable, Sendable {
    /// Gives these to their owner alone.
    case restrict([GuardedFile])
    /// Moves a damaged index aside and begins a new one.
    case replaceIndex(FilePath)
    /// Drops the rows of an index that do not match their checksums.
    case dropDamagedRows(FilePath)
    /// Removes what builds that were killed have left behind.
    case remove([LeftoverFile])
}

extension Repair {
    /// Repairs it, and says what was done.
    ///
    /// - Parameter now: milliseconds since 1970
    package func carryOut(now: Int64) throws -> String {
        switch self {
        case .restrict(let files):
            for file in files { try file.restrict() }
            return "Repaired: \(files.map(\.path.string).joined(separator: ", ")) got the right permissions."
        case .replaceIndex(let path):
            let opened = try Index.open(at: path, now: now)
            // Damage that opening does not meet is left to the check that found it.
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
