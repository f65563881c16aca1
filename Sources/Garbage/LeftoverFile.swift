import Files
import CLibrary
import PluginConfiguration
import Docker
import FoundationEssentials
import Host
import Store
package import SystemPackage

/// A file or directory that a killed process of this tool left behind, or that is no longer used.
package struct LeftoverFile: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// The lock of a key, left by a process that died.
        case lock
        /// The temporary directory of one build.
        case temporaryDirectory = "temporary directory"
        /// A damaged index that was moved aside.
        case damagedIndex = "damaged index"
        /// The directory of an unused binary that the plugin's hooks fetched, usually of another version.
        case fetchedBinary = "downloaded binary"
    }

    package let kind: Kind
    package let path: FilePath

    /// All leftover files: those beside the index, and those that belong to `user` in the directories for temporary
    /// files and fetched binaries.
    ///
    /// - Parameters:
    ///   - environment: `TMPDIR`, `XDG_CACHE_HOME` and `HOME` are read
    ///   - now: milliseconds since 1970
    package static func all(index: FilePath, environment: [String: String], user: UInt32, now: Int64) -> [LeftoverFile]
    {
        let parents = DockerClient.temporaryDirectories(environment)
        let index = Index.location(of: index)
        let directory = index.removingLastComponent()
        let damagedBefore = now - GarbageLimits.damagedIndexAge
        let damaged = names(in: directory).filter { name in
            Index.isMovedAside(name, of: index, before: damagedBefore)
        }
        let lockDirectory = KeyLocks.directory(index)
        let locks = names(in: lockDirectory).filter { name in
            name.hasSuffix(".lock") && isOld(lockDirectory.appending(name), by: GarbageLimits.recent, now)
        }
        let temporary = parents.flatMap { parent in names(in: parent).map { parent.appending($0) } }
            .filter { LeftoverContextLink.isItsName($0) }
            .filter { isOld($0, by: GarbageLimits.temporaryAge, now, directoryOf: user) }
        let binaries = FetchedBinary.unused(
            environment: environment,
            user: user,
            age: GarbageLimits.fetchedBinaryAge,
            now: now
        )
        return locks.map { LeftoverFile(kind: .lock, path: lockDirectory.appending($0)) }
            + temporary.map { LeftoverFile(kind: .temporaryDirectory, path: $0) }
            + damaged.map { LeftoverFile(kind: .damagedIndex, path: directory.appending($0)) }
            + binaries.map { LeftoverFile(kind: .fetchedBinary, path: $0) }
    }

    /// Removes it if it is still unused. Returns false if it is in use, or if it contains other files.
    ///
    /// - Parameter now: milliseconds since 1970
    package func remove(now: Int64) throws(Errno) -> Bool {
        switch kind {
        case .lock:
            // Only the holder of a lock may remove its file.
            guard let lock = try FileLock.attempt(at: path) else { return false }
            lock.release(removesFile: true)
            return true
        case .temporaryDirectory:
            return LeftoverContextLink.remove(path)
        case .damagedIndex:
            guard unlink(path.string) == 0 else { throw Errno(rawValue: errno) }
            return true
        case .fetchedBinary:
            return FetchedBinary.remove(path, user: geteuid(), age: GarbageLimits.fetchedBinaryAge, now: now)
        }
    }

    static func names(in directory: FilePath) -> [String] {
        // A directory that is missing or unreadable contributes nothing.
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).sorted()
    }

    /// Whether it was last modified at least `age` milliseconds ago. False if it does not exist.
    ///
    /// - Parameter directoryOf: accepts only a directory that belongs to this user, and no link to one
    static func isOld(_ path: FilePath, by age: Int64, _ now: Int64, directoryOf user: UInt32? = nil) -> Bool {
        var state = stat()
        guard lstat(path.string, &state) == 0 else { return false }
        if let user, state.st_uid != user || state.st_mode & S_IFMT != S_IFDIR { return false }
        // In whole seconds and with a check for overflow, because the time of a file may be any number.
        let (seconds, overflow) = (now / 1000).subtractingReportingOverflow(Int64(state.st_mtim.tv_sec))
        return !overflow && seconds >= age / 1000
    }
}
