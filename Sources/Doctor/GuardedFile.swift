import Host
import CLibrary
import FoundationEssentials
package import SystemPackage

/// A file or directory of the index, which belongs to one user.
package struct GuardedFile: Equatable, Sendable {
    package let path: FilePath
    /// The twelve bits of chmod(2).
    package let permissions: UInt16
    /// The id of the user.
    package let owner: UInt32
    package let kind: Kind

    package enum Kind: Equatable, Sendable {
        case file
        /// Everything in it belongs to the index.
        case directory
        /// It contains other things too, so its permissions are not ours to decide.
        case sharedDirectory
    }

    /// The permissions that it should have; nil if that is not ours to decide.
    package var wanted: UInt16? {
        switch kind {
        case .file: 0o600
        case .directory: 0o700
        case .sharedDirectory: nil
        }
    }

    /// The effective user id of this process.
    static var currentUser: UInt32 { geteuid() }

    /// The existing files and directories of the index at `path`, the directory first.
    static func ofIndex(at path: FilePath) -> [GuardedFile] {
        guard let name = path.lastComponent?.string else { return [] }
        let directory = path.removingLastComponent()
        let place = directory.isEmpty ? "." : directory
        let files = ["", "-wal", "-shm", ".lock"].compactMap { suffix in
            GuardedFile(FilePath(path.string + suffix), as: .file)
        }
        guard !files.isEmpty else { return [] }
        // A directory that cannot be listed is treated as shared.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.string)) ?? ["?"]
        let isOurs = names.allSatisfy { $0.hasPrefix(name) || $0 == KeyLocks.directoryName }
        let directories = [
            GuardedFile(place, as: isOurs ? .directory : .sharedDirectory),
            GuardedFile(place.appending(KeyLocks.directoryName), as: .directory),
        ]
        return directories.compactMap { $0 } + files
    }

    /// Nil if it is not there.
    private init?(_ path: FilePath, as kind: Kind) {
        var found = stat()
        guard path.withPlatformString({ stat($0, &found) }) == 0 else { return nil }
        self.init(
            path: path,
            permissions: UInt16(truncatingIfNeeded: found.st_mode) & 0o7777,
            owner: found.st_uid,
            kind: kind
        )
    }

    package init(path: FilePath, permissions: UInt16, owner: UInt32, kind: Kind) {
        self.path = path
        self.permissions = permissions
        self.owner = owner
        self.kind = kind
    }

    /// Sets the permissions that it should have.
    func restrict() throws(Errno) {
        guard let wanted else { return }
        guard path.withPlatformString({ chmod($0, mode_t(wanted)) }) == 0 else { throw Errno(rawValue: errno) }
    }
}
