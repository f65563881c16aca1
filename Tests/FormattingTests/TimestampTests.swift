import Formatting
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("2026-11-23T18:00:00Z", 1_795_456_800_000), ("2026-11-23T18:00:00.123456789Z", 1_795_456_800_000),
            ("1970-01-01T00:00:00Z", 0), ("2026-11-23T18:00:00.5+01:00", 1_795_453_200_000), ("", nil),
            ("yesterday", nil),
        ] as [(String, Int64?)]
    )
    func timesOfImagesAreRead(text: String, milliseconds: Int64?) {
        #expect(Timestamp.milliseconds(text) == milliseconds)
    }

    @Test func aTimeIsWrittenAsItIsRead() {
        #expect(Timestamp.text(1_795_456_800_999) == "2026-11-23T18:00:00Z")
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-01", 20_758), ("1969-12-31", -1),
            ("9999-12-31", 2_932_896),
        ] as [(String, Int64)]
    )
    func aDayIsReadAndWrittenAlike(text: String, days: Int64) {
        #expect(Timestamp.days(text) == days)
        #expect(Timestamp.dayText(days) == text)
    }

    @Test(arguments: [
        "", "2026-2-01", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "26-01-01",
        "2026-01-01Z", "2026-01-0x", "２026-01-01",
    ])
    func whatIsNoDayIsRefused(text: String) {
        #expect(Timestamp.days(text) == nil)
    }

    @Test(
        arguments: [
            (0, "19700101T000000Z"), (-1, "19691231T235959Z"), (999, "19700101T000000Z"),
            (951_782_400_000, "20000229T000000Z"), (951_868_800_000, "20000301T000000Z"),
            (1_709_251_199_000, "20240229T235959Z"), (4_107_542_400_000, "21000301T000000Z"),
            (253_402_300_799_999, "99991231T235959Z"),
        ] as [(Int64, String)]
    )
    func aMomentInTheNameOfAFileIsShort(milliseconds: Int64, text: String) {
        #expect(Timestamp.compactText(milliseconds) == text)
    }

    /// Any time from a clock or an index can be shown.
    @Test(arguments: [Int64.min, Int64.max])
    func noTimeIsTooFarAway(time: Int64) {
        #expect(!Timestamp.compactText(time).isEmpty)
        #expect(!Timestamp.dayText(time).isEmpty)
        #expect(!Timestamp.text(time).isEmpty)
    }
}
