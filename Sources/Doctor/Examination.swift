import Formatting

/// A check that was carried out.
package struct Examination: Equatable, Sendable {
    package let name: String
    /// As it is now, after what was mended.
    let finding: Finding
    /// What came of mending it, as a sentence; nil where that was not tried.
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
        let hint = mendable == 0 || isFixing ? "" : " `docker-cache doctor --fix` mends \(mendable) of them."
        return bad.joined(separator: ", ") + "." + hint
    }

    /// Whether anything keeps the plugin from working.
    package static func hasProblem(_ examinations: [Examination]) -> Bool {
        examinations.contains { $0.finding.status == .problem }
    }
}
