import Docker
import Fingerprint
import Images
import Store
import Testing

@testable import Lookup

@Suite struct LookupSummaryTests {
    static func result(_ origin: LookupResult.Origin, build: Int64?) throws -> LookupResult {
        LookupResult(
            origin: origin,
            key: KeyInputs(platform: "linux/amd64").key,
            image: try ImageReference(repository: RepositoryName("app"), tag: "x"),
            digest: nil,
            imageID: "sha256:a",
            imageBytes: 1,
            buildMilliseconds: build
        )
    }

    @Test func aHitSaysWhatItSaved() throws {
        let line = LookupSummary.line(
            try Self.result(.agent, build: 192_060),
            counted: "app",
            totalMilliseconds: 60,
            totals: EventTotals([.localHit: 186, .miss: 28])
        )
        #expect(
            line == "docker-cache: local hit · 0.06 s · saved about 3 min 12 s · app: 87% of 214 lookups hit in 7 days"
        )
    }

    @Test func aMissSaysWhy() throws {
        let line = LookupSummary.line(
            try Self.result(.built(.newKey), build: 42_100),
            counted: "app",
            totalMilliseconds: 43_210,
            totals: EventTotals([.miss: 1])
        )
        #expect(line == "docker-cache: miss (new-key) · 43.2 s · app: 0% of 1 lookup hit in 7 days")
    }

    @Test func withoutAnIndexNothingIsCounted() throws {
        let line = LookupSummary.line(
            try Self.result(.built(.restoreDisabled), build: nil),
            counted: "app",
            totalMilliseconds: 7_000_000,
            totals: nil
        )
        #expect(line == "docker-cache: bypassed (restore-disabled) · 1 h 56 min")
    }
}
