import Formatting
import Testing

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1999, "1.99 kB"), (9_999, "9.99 kB"), (10_050, "10.0 kB"),
            (99_999, "99.9 kB"), (999_999, "999 kB"), (1_000_000, "1.00 MB"), (1_234_567_890, "1.23 GB"),
            (20_000_000_000, "20.0 GB"), (1_500_000_000_000, "1.50 TB"), (Int64.max, "9.22 EB"),
        ] as [(Int64, String)]
    )
    func sizesHaveThreeDigitsAndDockersUnits(bytes: Int64, expected: String) {
        #expect(Quantity.bytes(bytes) == expected)
    }

    @Test(
        arguments: [
            (0, "0.00 s"), (64, "0.06 s"), (9_994, "9.99 s"), (10_000, "10.0 s"), (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (192_000, "3 min 12 s"), (3_600_000, "1 h 0 min"), (359_999_999, "99 h 59 min"), (360_000_000, "4 d 4 h"),
        ] as [(Int64, String)]
    )
    func timesAreInTheUnitsOfPeople(milliseconds: Int64, expected: String) {
        #expect(Quantity.duration(milliseconds) == expected)
    }

    @Test(
        arguments: [
            (1_000, "0.00 s ago"), (0, "1.00 s ago"), (30_000, "0.00 s ago"), (121_000, "2 min 0 s ahead of now"),
        ] as [(Int64, String)]
    )
    func whatIsAheadOfNowSaysSo(time: Int64, expected: String) {
        #expect(Quantity.age(time, now: 1_000) == expected)
    }

    @Test(arguments: [(0, "0%"), (0.004, "0%"), (0.636, "64%"), (1, "100%")])
    func sharesAreWholePercents(share: Double, expected: String) {
        #expect(Quantity.percent(share) == expected)
    }
}
