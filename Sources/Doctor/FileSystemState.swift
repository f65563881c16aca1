import CLibrary
import FoundationEssentials
package import SystemPackage

/// The file system of a path: its kind, and its free space.
package struct FileSystemState: Equatable, Sendable {
    package let kind: FileSystemKind
    /// The number of bytes that this user can still write.
    let available: Int64
    /// The number of files that can still be created; nil if there is no such limit.
    let freeFiles: Int64?

    package init(kind: FileSystemKind, available: Int64, freeFiles: Int64?) {
        self.kind = kind
        self.available = available
        self.freeFiles = freeFiles
    }

    /// Reads the state of the file system of `path`, or of the nearest existing directory above it.
    ///
    /// Throws `Errno` if it is not accessible.
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

    /// The type of the file system; nil if the system does not report it.
    private static func type(of path: FilePath) -> String? {
        guard let resolved = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        // Only /proc has the types.
        guard let table = try? String(contentsOf: URL(filePath: "/proc/self/mountinfo"), encoding: .utf8) else {
            return nil
        }
        return MountTable(table).type(of: FilePath(platformString: resolved))
    }
}

extension FilePath {
    /// The path itself, or the nearest existing directory above it. An absolute path has at least its root.
    var nearestExisting: FilePath {
        var path = self
        while !path.isEmpty, path.withPlatformString({ access($0, F_OK) }) != 0 {
            let parent = path.removingLastComponent()
            guard parent != path else { break }
            path = parent
        }
        return path.isEmpty ? "." : path
    }

    /// Whether this user can create files and directories in the directory.
    var isWritableDirectory: Bool { withPlatformString { access($0, W_OK | X_OK) } == 0 }
}

/// The kind of a file system, as far as it matters to SQLite.
package enum FileSystemKind: Equatable, Sendable {
    /// Locks and shared memory work as the index needs them.
    case local(String)
    /// Other machines use it too. Locks do not always work there, and shared memory does not.
    case network(String)
    /// A program implements it, and how that handles locks is unknown.
    case uncertain(String)

    /// - Parameter name: as in mount(8), such as `ext4` or `nfs4`
    package init(name: String) {
        if Self.networks.contains(name) || Self.networks.contains(Self.afterFuse(name)) {
            self = .network(name)
        } else if name == "virtiofs" || name.hasPrefix("fuse.") || ["fuse", "macfuse", "osxfuse"].contains(name) {
            self = .uncertain(name)
        } else {
            self = .local(name)
        }
    }

    private static func afterFuse(_ name: String) -> String {
        name.hasPrefix("fuse.") ? String(name.dropFirst("fuse.".count)) : name
    }

    private static let networks: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "afpfs", "beegfs", "ceph", "coda", "gfs2", "glusterfs",
        "gpfs", "lustre", "ocfs2", "orangefs", "s3fs", "sshfs", "webdav",
        // Directories of the host in VirtualBox, Parallels and Docker Desktop.
        "vboxsf", "prl_fs", "fakeowner", "grpcfuse",
    ]
}

/// The mounted file systems, from Linux's `/proc/self/mountinfo` (proc(5)).
struct MountTable {
    /// In the order of the file: a later mount may cover an earlier one.
    private let mounts: [(point: FilePath, type: String)]

    package init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            // 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/root rw
            let fields = line.split(separator: " ")
            guard fields.count > 4, let separator = fields.firstIndex(of: "-"), separator + 1 < fields.count else {
                return nil
            }
            return (FilePath(Self.unescaped(fields[4])), String(fields[separator + 1]))
        }
    }

    /// The type of the file system at an absolute path without links; nil if nothing is mounted there.
    package func type(of path: FilePath) -> String? {
        var found: (point: FilePath, type: String)?
        for mount in mounts where path.starts(with: mount.point) {
            if let found, found.point.components.count > mount.point.components.count { continue }
            found = mount
        }
        return found?.type
    }

    /// Decodes spaces and the like, which are written as a backslash and three octal digits.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
