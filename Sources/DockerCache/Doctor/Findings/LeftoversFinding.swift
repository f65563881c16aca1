import Docker
import SystemPackage

/// What processes that were killed have left behind.
enum LeftoversFinding {
    /// How old something must be before it counts as left behind, in milliseconds: no build takes a day.
    static let age: Int64 = 86_400_000

    /// - Parameter locks: lock files that nobody has touched for that long
    static func judge(_ links: LeftoverContextLinks, locks: [FilePath]) -> Finding {
        let parts = [
            count(links.directories.count, "temporary directory", "temporary directories"),
            count(locks.count, "lock file", "lock files"),
        ].compactMap { $0 }
        guard !parts.isEmpty else { return .ok("none") }
        let example = (links.directories + locks).first.map { ", such as \($0)" } ?? ""
        return .warning(
            "\(parts.joined(separator: " and ")) of processes that were killed\(example)",
            advice: "They do no harm, and --fix removes them.",
            repair: .remove(links, locks: locks)
        )
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String? {
        number == 0 ? nil : "\(number) \(number == 1 ? one : many)"
    }
}
