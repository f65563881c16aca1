import CLibrary
package import Files
import Store
package import SystemPackage

/// The locks of keys: who gets or removes the image of a key holds the key's, in a directory beside the index, where
/// that really is: a process that names it by another link has the same locks.
package enum KeyLocks {
    package static let directoryName = "locks"

    package static func directory(_ index: FilePath) -> FilePath {
        Index.location(of: index).removingLastComponent().appending(directoryName)
    }

    /// Who a lock is for. A build that must not decide what others run must not keep them waiting either.
    package enum Holder: String, CaseIterable, Sendable {
        case anyone = ""
        case untrusted = "untrusted-"
    }

    /// Takes the lock of `key` without waiting. Nil if another process has it.
    ///
    /// Who lets go of it removes the file, so that there is none for each key that ever was.
    package static func attempt(_ key: String, _ holder: Holder, _ index: FilePath) throws(Errno) -> FileLock? {
        let directory = directory(index)
        guard mkdir(directory.string, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        return try FileLock.attempt(at: path(key, holder, index))
    }

    /// Takes all locks of `key` without waiting, to remove its image. Nil if another process has one of them.
    package static func attemptAll(_ key: String, _ index: FilePath) throws(Errno) -> [FileLock]? {
        var locks: [FileLock] = []
        var hasAll = false
        defer { if !hasAll { locks.forEach { $0.release(removesFile: true) } } }
        for holder in Holder.allCases {
            guard let lock = try attempt(key, holder, index) else { return nil }
            locks.append(lock)
        }
        hasAll = true
        return locks
    }

    /// What the holder of the lock of `key` last left there; empty for nothing.
    package static func note(_ key: String, _ holder: Holder, _ index: FilePath) -> String {
        FileLock.note(at: path(key, holder, index))
    }

    private static func path(_ key: String, _ holder: Holder, _ index: FilePath) -> FilePath {
        directory(index).appending("\(holder.rawValue)\(key).lock")
    }
}
