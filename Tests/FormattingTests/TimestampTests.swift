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
}
