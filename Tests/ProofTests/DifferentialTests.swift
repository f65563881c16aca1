import SystemPackage
import TestSupport
import Testing

/// Random builds and random changes to them, built by the real daemon: if the image changes, the key changes.
@Suite(.enabled(if: Setup.hasDaemon, "no Docker daemon with BuildKit answers"), .serialized)
struct DifferentialTests {
    @Test func imagesThatChangeHaveKeysThatChange() throws {
        let directory = try TemporaryDirectory()
        let workshop = Workshop(directory: directory.path.string, binary: Setup.binary)
        let features = try workshop.features()
        Setup.say("random builds on Docker \(Setup.kind): seed \(Setup.seed)")
        Setup.say("this builder has \(features.map(\.rawValue).sorted().joined(separator: ", "))")
        var tally = Tally()
        var number = Setup.family ?? 0
        while tally.pairs < Setup.pairs {
            let missing = (Setup.pairs - tally.pairs + Family.size - 1) / Family.size
            let count = Setup.family == nil ? min(6, missing) : 1
            let families = (number..<(number + count)).map { Family($0, seed: Setup.seed, features: features) }
            try workshop.build(families)
            for family in families { compare(family, in: workshop, &tally) }
            if Setup.family != nil { break }
            number += count
        }
        Setup.say(tally.description)
        if tally.kept.isEmpty, !keepsAll { try directory.remove() } else { Setup.say("kept: \(directory.path)") }
        #expect(tally[.different] > 0 && tally[.same] > 0, "the changes tell nothing apart")
        // The share means little for fewer pairs.
        if tally.pairs >= 1_000 { #expect(tally[.spuriousMiss] * 100 <= tally.pairs * 3, "too many spurious misses") }
    }

    private var keepsAll: Bool { Setup.family != nil || Setup.keeps == "all" }

    private func compare(_ family: Family, in workshop: Workshop, _ tally: inout Tally) {
        let name = "seed \(Setup.seed), family \(family.number)"
        let kept = tally.kept.count
        tally.builds += 1
        let first = workshop.outcome(family, nil)
        if case .image(let before) = first {
            for (index, (change, changed)) in family.changes.enumerated() {
                tally.builds += 1
                let outcome = workshop.outcome(family, index)
                guard case .image(let after) = outcome else {
                    note(outcome, name, &tally)
                    continue
                }
                let verdict = Verdict(
                    before,
                    after,
                    differsElsewhere: family.original.differsElsewhere(from: changed)
                )
                tally.count(verdict, change)
                let isKept = verdict == .falseHit || verdict == .spuriousMiss && Setup.keeps != nil
                if isKept { tally.kept.append("\(verdict.rawValue): \(change.rawValue): \(after.directory)") }
                #expect(
                    verdict != .falseHit,
                    "\(name): two images with the same key, \(before.directory) and \(after.directory)"
                )
            }
        } else {
            note(first, name, &tally)
        }
        if tally.kept.count == kept, !keepsAll { workshop.remove(family) }
    }

    private func note(_ outcome: Workshop.Outcome, _ name: String, _ tally: inout Tally) {
        switch outcome {
        case .image: break
        case .refused: tally.refused += 1
        case .failed(let status, let directory):
            tally.kept.append("\(status): \(directory)")
            Issue.record("\(name): \(status) in \(directory)")
        }
    }
}

/// A random build, and changes to it. Each change starts from the original.
struct Family {
    let number: Int
    let original: Scenario
    let changes: [(change: Change, scenario: Scenario)]

    static let size = 5

    init(_ number: Int, seed: UInt64, features: Set<Feature>) {
        // The generator draws similar numbers from seeds that are similar in the generator's own sense.
        var seeds = SeededGenerator(seed: seed ^ (UInt64(number) << 40))
        var maker = ScenarioMaker(features: features, seed: seeds.next(), family: number)
        let original = maker.scenario()
        var changes: [(change: Change, scenario: Scenario)] = []
        while changes.count < Self.size {
            let change = Change.random(using: &maker)
            if let changed = change.applied(to: original, using: &maker) { changes.append((change, changed)) }
        }
        self.number = number
        self.original = original
        self.changes = changes
    }
}
