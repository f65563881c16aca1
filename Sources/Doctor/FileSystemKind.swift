/// What kind of file system a path is on, as far as it matters to SQLite.
package enum FileSystemKind: Equatable, Sendable {
    /// Locks and shared memory work, as the index needs them.
    case local(String)
    /// Other machines have it too. Locks do not always hold there, and shared memory does not.
    case network(String)
    /// A program stands behind it, and nobody can say what that does with locks.
    case uncertain(String)

    /// - Parameter name: as mount(8) has it, such as `ext4` or `nfs4`
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
        "gpfs",
        "lustre", "ocfs2", "s3fs", "sshfs", "webdav",
    ]
}
