import CLibrary
import SystemPackage

/// What `lstat` says of a file. Two equal states mean the same content, unless the later write fell into the same tick
/// of the clock: see ``isSettled(at:)``.
struct FileState: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    /// Type and permission bits.
    var mode: UInt32
    /// In bytes.
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    /// Nanoseconds since 1970. Unlike `modified`, no program can set it.
    var changed: Int64
    /// The device that a device file stands for.
    var represents: UInt64

    /// How long a file must have rested before its hash is kept, in nanoseconds. Two seconds, because that is how
    /// coarse the times of some file systems are (FAT); git, ccache and Mercurial have the same rule.
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

    /// What `fstat` says of an open file.
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

    // A time beyond the year 2262 stays at the far end, which is the future and hence never trusted.
    static func nanoseconds(_ time: timespec) -> Int64 {
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
        return overflow || overflowToo ? (time.tv_sec < 0 ? .min : .max) : sum
    }

    /// Whether a later write must show in the state of a file that was read at `moment` (nanoseconds since 1970).
    ///
    /// A write in the tick of the one before leaves the state as it was. So the newer of the two times must lie two
    /// seconds back; one in the future never does.
    func isSettled(at moment: Int64) -> Bool {
        let (limit, overflow) = moment.subtractingReportingOverflow(Self.settlingTime)
        return !overflow && max(modified, changed) <= limit
    }

    /// Permission bits with set-user-id, set-group-id and sticky.
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
