import CLibrary
import SystemPackage

/// The metadata that `lstat` reports for a file. Two equal states mean the same content, unless the later write fell
/// into the same clock tick: see ``isSettled(at:)``.
struct FileState: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    /// Type and permission bits.
    var mode: UInt32
    /// The size in bytes.
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    /// Nanoseconds since 1970. Unlike `modified`, no program can set it.
    var changed: Int64
    /// The device number of a device file.
    var represents: UInt64

    /// How long a file must have been unchanged before its hash is kept, in nanoseconds. Two seconds, because the times
    /// of some file systems (FAT) are that coarse; git, ccache and Mercurial have the same rule.
    static let settlingTime: Int64 = 2_000_000_000

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        mode = UInt32(status.st_mode)
        size = Int64(status.st_size)
        represents = UInt64(truncatingIfNeeded: status.st_rdev)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Reads the state of an open file with `fstat`.
    init(of descriptor: CInt) throws(Errno) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Errno(rawValue: errno)
        }
        self.init(status)
    }

    init(
        device: UInt64,
        inode: UInt64,
        mode: UInt32,
        size: Int64,
        modified: Int64,
        changed: Int64,
        represents: UInt64 = 0
    ) {
        self.device = device
        self.inode = inode
        self.mode = mode
        self.size = size
        self.modified = modified
        self.changed = changed
        self.represents = represents
    }

    // A time beyond the year 2262 becomes the maximum, which is in the future and hence never trusted.
    static func nanoseconds(_ time: timespec) -> Int64 {
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
        return overflow || overflowToo ? (time.tv_sec < 0 ? .min : .max) : sum
    }

    /// Whether any later write would change the state of a file that was read at `moment` (nanoseconds since 1970).
    ///
    /// A write in the same clock tick as the previous one leaves the state unchanged. So the newer of the two times
    /// must be at least two seconds before `moment`; a time in the future never is.
    func isSettled(at moment: Int64) -> Bool {
        let (limit, overflow) = moment.subtractingReportingOverflow(Self.settlingTime)
        return !overflow && max(modified, changed) <= limit
    }

    /// The permission bits, with set-user-id, set-group-id and sticky.
    var permissions: UInt16 { UInt16(mode & 0o7777) }

    var type: ContextEntryType {
        switch mode & UInt32(S_IFMT) {
        case UInt32(S_IFREG): .file
        case UInt32(S_IFDIR): .directory
        case UInt32(S_IFLNK): .link
        case UInt32(S_IFIFO): .fifo
        case UInt32(S_IFSOCK): .socket
        case UInt32(S_IFBLK): .blockDevice
        default: .characterDevice
        }
    }
}
