/// A span of time as whole days, UTC, and what is left of it before and after them.
struct WholeDays: Equatable {
    /// Days since 1970.
    let days: Range<Int64>
    /// Milliseconds since 1970.
    let before: Range<Int64>
    /// Milliseconds since 1970.
    let after: Range<Int64>

    private static let day: Int64 = 86_400_000

    /// - Parameters:
    ///   - since: milliseconds since 1970; nil for no beginning
    ///   - until: milliseconds since 1970, not itself in the span; nil for no end
    init(since: Int64?, until: Int64?) {
        let start = max(0, since ?? 0)
        let end = max(start, until ?? .max)
        let first = start / Self.day + (start % Self.day == 0 ? 0 : 1)
        let last = end / Self.day
        if first <= last {
            days = first..<last
            before = start..<(first * Self.day)
            after = (last * Self.day)..<end
        } else {
            days = last..<last
            before = start..<end
            after = end..<end
        }
    }
}
