package import Files
import FoundationEssentials
package import SystemPackage

/// The locks of keys: who gets or removes the image of a key holds the key's, in a directory beside the index.
package enum KeyLocks {
    package static let directoryName = "locks"

    package static func directory(_ index: FilePath) -> FilePath {
        index.removingLastComponent().appending(directoryName)
    }

    /// Takes the lock of `key` without waiting. Nil if another process has it.
    ///
    /// Who lets go of it removes the file, so that there is none for each key that ever was.
    package static func attempt(_ key: String, _ index: FilePath) throws -> FileLock? {
        let directory = directory(index)
        try FileManager.default.createDirectory(
            atPath: directory.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return try FileLock.attempt(at: directory.appending("\(key).lock"))
    }
}
