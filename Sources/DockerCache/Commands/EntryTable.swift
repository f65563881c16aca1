import Formatting
import Statistics
import Store

/// Entries as a table for a terminal.
struct EntryTable {
    let lines: [String]

    /// - Parameters:
    ///   - all: the entries among which the beginning of a key has to be the only one
    ///   - now: milliseconds since 1970
    init(_ entries: [Entry], among all: [Entry], now: Int64, showsWholeKeys: Bool) {
        let length = showsWholeKeys ? 40 : Self.prefixLength(all.map(\.key))
        var rows = [["IMAGE", "KEY", "BUILT", "SIZE", "LAST USED", "HITS", "WHERE"]]
        rows += entries.map { entry in
            [
                entry.image, String(entry.key.prefix(length)), Quantity.age(entry.builtAt, now: now),
                entry.sizeBytes.map(Quantity.bytes) ?? "-", Quantity.age(entry.lastUsedAt, now: now), "\(entry.hits)",
                EntryReport.location(entry),
            ]
        }
        lines = PlainText.columns(rows, gap: 3, alignment: .left)
    }

    /// How many digits tell all keys apart: twelve, as docker shows of ids, or more.
    static func prefixLength(_ keys: [String]) -> Int {
        let sorted = Set(keys).sorted()
        var length = 12
        for (left, right) in zip(sorted, sorted.dropFirst()) {
            length = max(length, zip(left, right).prefix { $0 == $1 }.count + 1)
        }
        return min(length, 40)
    }
}
