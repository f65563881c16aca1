/// Reads along with what a builder writes, and learns which steps there were and which of them were cached.
///
/// Three ways of telling are known: the legacy builder's (`Step 2/3 : …` and `---> Using cache`), and BuildKit's, plain
/// (`#7 [2/3] …` and `#7 CACHED`) and on a terminal (`=> CACHED [2/3] …`, drawn again and again).
///
/// A step whose layers BuildKit takes from a registry is cached too: it is told of as `#7 extracting sha256:…`.
///
/// `FROM` is no step: there is nothing to be done for it.
package struct BuildOutputReader: Sendable {
    private var line: [UInt8] = []
    private var names: [String] = []
    private var steps: [String: BuildStep] = [:]
    /// BuildKit's plain form numbers steps.
    private var numbers: [Substring: String] = [:]
    private var legacyStep: String?
    /// The step that was drawn last: what follows, further to the right, is about it.
    private var drawnStep: String?

    package init() {}

    /// The steps so far: stage by stage as they were first told of, and in each in the Dockerfile's order. BuildKit
    /// tells of cached ones in whatever order it finds them.
    package var found: [BuildStep] {
        var stages: [Substring: Int] = [:]
        let places = names.map { name in
            let words = name.split(separator: " ")
            let stage = words.dropLast().joined(separator: " ")[...]
            if stages[stage] == nil { stages[stage] = stages.count }
            let number = words.last?.drop { !$0.isNumber }.prefix { $0.isNumber } ?? ""
            return (name: name, stage: stages[stage] ?? 0, number: Int(number) ?? 0)
        }
        return places.sorted { ($0.stage, $0.number) < ($1.stage, $1.number) }.compactMap { steps[$0.name] }
    }

    /// Takes in the next piece of the output.
    package mutating func read(_ piece: some Sequence<UInt8>) {
        for byte in piece {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                readLine()
                line.removeAll(keepingCapacity: true)
            } else if line.count < Self.longestLine {
                line.append(byte)
            }
        }
    }

    /// What stands further to the right tells nothing of a step.
    private static let longestLine = 1_024

    private mutating func readLine() {
        guard mayTellOfStep else { return }
        let text = TerminalText.plain(line)
        if text.hasPrefix("#") {
            readNumbered(text.dropFirst())
        } else if text.hasPrefix("=> ") {
            readDrawn(text.dropFirst(3))
        } else if text.hasPrefix("Step ") {
            readLegacy(text)
        } else if text == "---> Using cache", let legacyStep {
            steps[legacyStep]?.isCached = true
        }
    }

    /// Most lines are output of what is run. They are told by their bytes, because a text of each would slow down the
    /// builder, whose output passes through here.
    private var mayTellOfStep: Bool {
        switch line.first {
        case UInt8(ascii: "#"):
            let rest = line.dropFirst().drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return rest.starts(with: Self.stepMark) || rest.starts(with: Self.cachedMark)
                || rest.starts(with: Self.takenMark)
        case UInt8(ascii: "S"): return line.starts(with: Self.legacyMark)
        case UInt8(ascii: "="), UInt8(ascii: " "), UInt8(ascii: "-"), 0x1B: return true
        default: return false
        }
    }

    private static let stepMark = Array(" [".utf8)
    private static let cachedMark = Array(" CACHED".utf8)
    private static let takenMark = Array(" extracting sha256:".utf8)
    private static let legacyMark = Array("Step ".utf8)

    /// `7 [2/3] RUN make` or `7 CACHED`.
    private mutating func readNumbered(_ text: Substring) {
        guard let space = text.firstIndex(of: " "), text[..<space].allSatisfy(\.isNumber) else { return }
        let (number, rest) = (text[..<space], text[text.index(after: space)...])
        if rest == "CACHED" || rest.hasPrefix("extracting sha256:") {
            numbers[number].map { steps[$0]?.isCached = true }
        } else if let place = Self.place(rest) {
            numbers[Substring(String(number))] = place
            note(place, name: String(rest))
        }
    }

    /// `CACHED [2/3] RUN make    0.0s`.
    private mutating func readDrawn(_ text: Substring) {
        if text.hasPrefix("=> extracting sha256:") {
            drawnStep.map { steps[$0]?.isCached = true }
            return
        }
        guard !text.hasPrefix("=> ") else { return }
        let isCached = text.hasPrefix("CACHED ")
        let rest = isCached ? text.dropFirst("CACHED ".count) : text
        drawnStep = Self.place(rest)
        guard let place = drawnStep else { return }
        note(place, name: Self.withoutTime(rest))
        if isCached { steps[place]?.isCached = true }
    }

    /// `Step 2/3 : RUN make`.
    private mutating func readLegacy(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), Self.isFraction(text[..<colon].dropFirst("Step ".count)) else {
            return
        }
        legacyStep = String(text[..<colon])
        let instruction = text[text.index(after: colon)...].drop { $0 == " " }
        guard !instruction.uppercased().hasPrefix("FROM ") else { return }
        note(String(text[..<colon]), name: text)
    }

    private mutating func note(_ place: String, name: String) {
        guard steps[place] == nil else { return }
        names.append(place)
        steps[place] = BuildStep(name: name, isCached: false)
    }

    /// `[base 2/3]`, which names a step within a build; nil for `[internal]` and the like, and for `FROM`.
    private static func place(_ text: Substring) -> String? {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]"),
            let last = text[text.index(after: text.startIndex)..<end].split(separator: " ").last, isFraction(last)
        else { return nil }
        let instruction = text[text.index(after: end)...].drop { $0 == " " }
        return instruction.uppercased().hasPrefix("FROM ") ? nil : String(text[...end])
    }

    private static func isFraction(_ text: Substring) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.map { $0.drop { $0 == " " }.prefix { $0 != " " } }
        return parts.count == 2 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
    }

    /// The time stands at the end of the line, after as many spaces as fit.
    private static func withoutTime(_ text: Substring) -> String {
        guard let space = text.lastIndex(of: " ") else { return String(text) }
        let last = text[text.index(after: space)...]
        guard last.hasSuffix("s"), !last.dropLast().isEmpty,
            last.dropLast().allSatisfy({ $0.isNumber || $0 == "." })
        else { return String(text) }
        return String(text[..<space].trimmingSuffix { $0 == " " })
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isOutside: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, isOutside(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
