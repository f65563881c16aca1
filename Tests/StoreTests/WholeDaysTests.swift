import Testing

@testable import Store

@Suite struct WholeDaysTests {
    private static let day: Int64 = 86_400_000

    @Test(
        arguments: [
            (0, nil), (5 * day, 7 * day), (5 * day + 1, 7 * day - 1), (5 * day + 1, 5 * day + 2),
            (5 * day - 1, 5 * day + 1),
            (5 * day, 5 * day), (7 * day, 5 * day), (nil, 3), (-5, 5), (3, nil),
        ] as [(Int64?, Int64?)]
    )
    func theDaysAndWhatIsLeftOfThemAreTheSpan(since: Int64?, until: Int64?) {
        let span = WholeDays(since: since, until: until)
        let start = max(0, since ?? 0)
        let end = max(start, until ?? .max)
        for time in [start - 1, start, start + 1, 5 * Self.day - 1, 5 * Self.day, 6 * Self.day, end - 1, end] {
            let parts = [
                span.days.contains(time / Self.day) && time >= 0, span.before.contains(time), span.after.contains(time),
            ]
            let isIn = (start..<end).contains(time)
            #expect(parts.count { $0 } == (isIn ? 1 : 0), "\(time) in \(span)")
        }
        #expect(span.before.count < Self.day && (until == nil || span.after.count < Self.day))
    }
}
