import CLibrary
import FoundationEssentials
package import SystemPackage

/// The file system that a path is on: its kind, and what is left of it.
package struct FileSystemState: Equatable, Sendable {
    package let kind: FileSystemKind
    /// Bytes that this user may still fill.
    let available: Int64
    /// Files that can still be made; nil where there is no such limit.
    let freeFiles: Int64?

    package init(kind: FileSystemKind, available: Int64, freeFiles: Int64?) {
        self.kind = kind
        self.available = available
        self.freeFiles = freeFiles
    }

    /// Looks at the file system of `path`, or of the nearest directory above it that is there.
    ///
    /// Throws `Errno` where it may not be looked at.
    package init(of path: FilePath) throws(Errno) {
        let place = path.nearestExisting
        var state = statvfs()
        guard place.withPlatformString({ statvfs($0, &state) }) == 0 else { throw Errno(rawValue: errno) }
        kind = FileSystemKind(name: Self.type(of: place) ?? "a file system")
        let size = Int64(clamping: state.f_frsize)
        let (bytes, overflows) = Int64(clamping: state.f_bavail).multipliedReportingOverflow(by: size)
        available = overflows ? .max : bytes
        freeFiles = state.f_files == 0 ? nil : Int64(clamping: state.f_favail)
    }

    /// Its name; nil where the system does not say.
    private static func type(of path: FilePath) -> String? {
        guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        // Without /proc nobody can say.
        guard let table = try? String(contentsOf: URL(filePath: "/proc/self/mountinfo"), encoding: .utf8) else {
            return nil
        }
        return MountTable(table).type(of: FilePath(platformString: resolved))
    }
}

extension FilePath {
    /// The path itself, or what is there of the directories above it. An absolute path has at least its root.
    var nearestExisting: FilePath {
        var path = self
        while !path.isEmpty, path.withPlatformString({ access($0, F_OK) }) != 0 {
            let parent = path.removingLastComponent()
            guard parent != path else { break }
            path = parent
        }
        return path.isEmpty ? "." : path
    }

    /// Whether this user can make files and directories in the directory.
    var isWritableDirectory: Bool { withPlatformString { access($0, W_OK | X_OK) } == 0 }
}
