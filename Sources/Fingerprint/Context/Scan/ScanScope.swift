/// Which part of a context is looked at: what lies at or below some paths, and the directories on the way there.
///
/// A Dockerfile that copies two directories of a hundred needs no others to be walked and hashed.
package struct ScanScope: Equatable, Sendable {
    /// Sorted as bytes, none below another; nil for everything.
    private let paths: [[UInt8]]?

    package static let everything = ScanScope(paths: nil)

    private init(paths: [[UInt8]]?) { self.paths = paths }

    /// What has to be looked at to find all that lies at or below some paths.
    package init(covering covered: [[UInt8]]) {
        var paths: [[UInt8]] = []
        for path in covered.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard !path.isEmpty else {
                self.init(paths: nil)
                return
            }
            // Not only the one before: between `a` and `a/b` there may be `a-b`.
            if !paths.contains(where: { Self.holds($0, path[...]) }) { paths.append(path) }
        }
        self.init(paths: paths)
    }

    /// Where a path lies.
    enum Place {
        /// It counts, and so does all that is below it.
        case inside
        /// It is a directory above something that counts, or would have to be one.
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

    /// The directories whose own entries are looked at: those on the way, the root first, and those at or below which
    /// everything is; nil for all.
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

    /// Whether `path` is `directory`, or lies below it.
    private static func holds(_ directory: [UInt8], _ path: ArraySlice<UInt8>) -> Bool {
        path.starts(with: directory)
            && (path.count == directory.count || path[path.startIndex + directory.count] == UInt8(ascii: "/"))
    }
}
