import CLibrary
package import Files
import Store
package import SystemPackage

/// The locks of keys. A process that gets or removes the image of a key holds the key's lock, in a directory beside the
/// index. Links are resolved, so that processes that name the index differently share the locks.
package enum KeyLocks {
    package static let directoryName = "locks"

    package static func directory(_ index: FilePath) -> FilePath {
        Index.location(of: index).removingLastComponent().appending(directoryName)
    }

    /// Who a lock is for. A build that must not decide what others run must not make them wait either.
    package enum Holder: String, CaseIterable, Sendable {
        case anyone = ""
        case untrusted = "untrusted-"
    }

    /// Takes the lock of `key` without waiting. Nil if another process has it.
    ///
    /// The holder removes the file on release, so that files do not accumulate for all keys.
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

    /// The note that the holder of the lock of `key` last left; empty if there is none.
    package static func note(_ key: String, _ holder: Holder, _ index: FilePath) -> String {
        FileLock.note(at: path(key, holder, index))
    }

    private static func path(_ key: String, _ holder: Holder, _ index: FilePath) -> FilePath {
        directory(index).appending("\(holder.rawValue)\(key).lock")
    }
}
