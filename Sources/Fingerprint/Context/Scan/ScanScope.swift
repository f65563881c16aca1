/// The part of a context to scan: everything at or below some paths, and the directories that lead there.
///
/// If a Dockerfile copies two of a hundred directories, the rest need not be walked and hashed.
package struct ScanScope: Equatable, Sendable {
    /// The paths sorted as bytes, none below another; nil for everything.
    private let paths: [[UInt8]]?

    package static let everything = ScanScope(paths: nil)

    private init(paths: [[UInt8]]?) { self.paths = paths }

    /// Creates the scope that is needed to find everything at or below some paths.
    package init(covering covered: [[UInt8]]) {
        var paths: [[UInt8]] = []
        for path in covered.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard !path.isEmpty else {
                self.init(paths: nil)
                return
            }
            // Checking only the previous path is not enough: `a-b` may come between `a` and `a/b`.
            if !paths.contains(where: { Self.holds($0, path[...]) }) { paths.append(path) }
        }
        self.init(paths: paths)
    }

    /// The position of a path relative to the scope.
    enum Place {
        /// The path and everything below it are in scope.
        case inside
        /// The path is a directory above something in scope, or would have to be one.
        case onTheWay
        case outside
    }

    func place(of path: [UInt8]) -> Place {
        guard let paths else {
            return .inside
        }
        var isOnTheWay = false
        for counted in paths {
            if Self.holds(counted, path[...]) {
                return .inside
            }
            isOnTheWay = isOnTheWay || Self.holds(path, counted[...])
        }
        return isOnTheWay ? .onTheWay : .outside
    }

    /// The directories with entries to scan: those on the way, the root first, and those that are in scope with
    /// everything below them; nil for all.
    var directories: (onTheWay: [[UInt8]], inside: [[UInt8]])? {
        guard let paths else {
            return nil
        }
        var onTheWay: Set<[UInt8]> = [[]]
        for path in paths {
            for (position, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
                onTheWay.insert(Array(path[..<position]))
            }
        }
        return (onTheWay.sorted { $0.lexicographicallyPrecedes($1) }, paths)
    }

    /// Whether `path` is `directory` or is below it.
    private static func holds(_ directory: [UInt8], _ path: ArraySlice<UInt8>) -> Bool {
        path.starts(with: directory)
            && (path.count == directory.count || path[path.startIndex + directory.count] == UInt8(ascii: "/"))
    }
}
