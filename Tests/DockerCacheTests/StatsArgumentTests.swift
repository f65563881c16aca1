import Testing

@testable import DockerCache

@Suite struct StatsArgumentTests {
    private static let now: Int64 = 1_795_459_500_000

    @Test(
        arguments: [
            ("30m", now - 1_800_000), ("24h", now - 86_400_000), ("7d", now - 604_800_000), ("2w", now - 1_209_600_000),
            ("2026-11-01", 1_793_491_200_000), ("2026-11-01T06:30:00Z", 1_793_514_600_000),
            ("2026-11-01T06:30:00.5Z", 1_793_514_600_000),
        ] as [(String, Int64)]
    )
    func aTimeIsReadInAllItsForms(text: String, milliseconds: Int64) throws {
        #expect(try StatsTime(argument: text).milliseconds(now: Self.now) == milliseconds)
    }

    @Test(arguments: [
        "", "d", "0d", "-1d", "7y", "1.5h", "999999d", "2026-02-30", "2026-11", "2026-11-01T", "yesterday",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(throws: (any Error).self) { try StatsTime(argument: text) }
    }

    @Test(
        arguments: [
            ("1", 1), ("500MB", 500_000_000), ("20GB", 20_000_000_000), ("20g", 20_000_000_000),
            ("1.5TB", 1_500_000_000_000),
            ("10GiB", 10_737_418_240), ("7kB", 7000), ("12B", 12),
        ] as [(String, Int64)]
    )
    func aSizeIsReadInTheUnitsOfPeople(text: String, bytes: Int64) throws {
        #expect(try ByteCountArgument(argument: text).bytes == bytes)
    }

    @Test(arguments: ["", "GB", "0", "-1GB", "1.GB", ".5GB", "1..5GB", "1XB", "99999999999TB", "1 GB"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(throws: (any Error).self) { try ByteCountArgument(argument: text) }
    }
}
