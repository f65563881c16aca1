import Files
import CLibrary
import PluginConfiguration
import Docker
import FoundationEssentials
import Host
import Store
package import SystemPackage

/// A file that a process of ours left behind because it was killed, or that no one has missed.
package struct LeftoverFile: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// The lock of a key, whose owner died.
        case lock
        /// A directory for one build.
        case temporaryDirectory = "temporary directory"
        /// An index that was damaged and moved aside.
        case damagedIndex = "damaged index"
        /// The directory of a binary of another version, which the plugin's hooks fetched.
        case fetchedBinary = "fetched binary"
    }

    package let kind: Kind
    package let path: FilePath

    /// All of them: beside the index; and those that belong to `user` where builds put their temporary files, and where
    /// the hooks put binaries.
    ///
    /// - Parameters:
    ///   - environment: `TMPDIR`, `XDG_CACHE_HOME` and `HOME` count
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
        let locks = KeyLocks.directory(index)
        return names(in: locks).filter { name in
            name.hasSuffix(".lock") && isOld(locks.appending(name), by: GarbageLimits.recent, now)
        }.map { LeftoverFile(kind: .lock, path: locks.appending($0)) }
            + parents.flatMap { parent in names(in: parent).map { parent.appending($0) } }
            .filter { LeftoverContextLink.isItsName($0) }
            .filter { isOld($0, by: GarbageLimits.temporaryAge, now, directoryOf: user) }
            .map { LeftoverFile(kind: .temporaryDirectory, path: $0) }
            + damaged.map { LeftoverFile(kind: .damagedIndex, path: directory.appending($0)) }
            + FetchedBinary.unused(
                environment: environment,
                user: user,
                age: GarbageLimits.fetchedBinaryAge,
                now: now
            ).map { LeftoverFile(kind: .fetchedBinary, path: $0) }
    }

    /// Removes it, if it still is no one's. False if someone has it, or has put something of their own into it.
    ///
    /// - Parameter now: milliseconds since 1970
    package func remove(now: Int64) throws(Errno) -> Bool {
        switch kind {
        case .lock:
            // Only who has the lock may remove its file.
            guard let lock = try FileLock.attempt(at: path) else { return false }
            lock.release(removesFile: true)
            return true
        case .temporaryDirectory:
            return LeftoverContextLink.remove(path)
        case .damagedIndex:
            return unlink(path.string) == 0
        case .fetchedBinary:
            return FetchedBinary.remove(path, user: geteuid(), age: GarbageLimits.fetchedBinaryAge, now: now)
        }
    }

    static func names(in directory: FilePath) -> [String] {
        // A directory that is not there, or that we may not read, has nothing for us.
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).sorted()
    }

    /// Whether it was last changed that long ago, in milliseconds. False where there is nothing.
    ///
    /// - Parameter directoryOf: only a directory, and no link to one, that belongs to this user
    static func isOld(_ path: FilePath, by age: Int64, _ now: Int64, directoryOf user: UInt32? = nil) -> Bool {
        var state = stat()
        guard lstat(path.string, &state) == 0 else { return false }
        if let user, state.st_uid != user || state.st_mode & S_IFMT != S_IFDIR { return false }
        // In whole seconds, because the time of a file may be any number.
        let (seconds, overflow) = (now / 1000).subtractingReportingOverflow(Int64(state.st_mtim.tv_sec))
        return !overflow && seconds >= age / 1000
    }
}
