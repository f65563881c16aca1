import Images
import Testing

@Suite struct ImageAgeTests {
    private static let now: Int64 = 1_795_459_500_000
    private static let day: Int64 = 86_400_000

    @Test(
        arguments: [
            (-31 * day, 30 * day, true), (-29 * day, 30 * day, false), (0, 30 * day, false), (0, 0, true),
            // Clocks differ by hours at most. If they differ by more, the age is unknown.
            (day / 2, 30 * day, false), (day, 30 * day, false), (day + 1, 30 * day, true), (400 * day, nil, false),
            (-400 * day, nil, false), (-(1 << 53), 30 * day, true), (1 << 53, 30 * day, true),
        ] as [(Int64, Int64?, Bool)]
    )
    func anImageIsTooOldByItsAgeOrIfThatIsNotKnown(offset: Int64, maximum: Int64?, expected: Bool) {
        #expect(ImageAge.isTooOld(builtAt: Self.now + offset, maximum: maximum, now: Self.now) == expected)
    }

    /// gc with a slow clock must not remove images from a registry.
    @Test func gcGoesByTheAgeAlone() {
        #expect(!ImageAge.isExpired(builtAt: Self.now + 400 * Self.day, maximum: 30 * Self.day, now: Self.now))
    }
}
