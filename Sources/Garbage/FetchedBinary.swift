import CLibrary
import FoundationEssentials
import PluginConfiguration
package import SystemPackage

/// A binary that the plugin's hooks fetched (`lib/find-binary.bash`), in a separate directory below the user's cache
/// directory: `docker-cache/bin/VERSION/CHECKSUM/docker-cache`. Every version of the plugin has one.
///
/// Its modification time is the time of its last use. The binary sets it, because a hook would need an extra process
/// for that.
package enum FetchedBinary {
    private static let name = "docker-cache"
    /// How far the recorded time of last use may lag, in milliseconds, so that most uses write nothing.
    private static let precision = GarbageLimits.day

    /// Records a use of the binary at `executable`, if it was fetched. If the time cannot be written, gc cannot remove
    /// the binary either.
    ///
    /// - Parameter now: milliseconds since 1970
    package static func noteUse(of executable: FilePath?, now: Int64) {
        guard let executable, executable.lastComponent?.string == name else { return }
        let versions = executable.removingLastComponent().removingLastComponent().removingLastComponent()
        guard versions.ends(with: "docker-cache/bin"), LeftoverFile.isOld(executable, by: precision, now) else {
            return
        }
        let seconds = Int(now / 1000)
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        _ = executable.withPlatformString { utimensat(AT_FDCWD, $0, [time, time], 0) }
    }

    /// The directories of binaries that have not been used for `age` and are not being fetched.
    ///
    /// - Parameters:
    ///   - environment: `XDG_CACHE_HOME` and `HOME` are read
    ///   - user: the required owner
    ///   - age: in milliseconds
    ///   - now: milliseconds since 1970
    static func unused(environment: [String: String], user: UInt32, age: Int64, now: Int64) -> [FilePath] {
        guard let parent = directory(environment) else { return [] }
        return LeftoverFile.names(in: parent).map { parent.appending($0) }
            .flatMap { version in LeftoverFile.names(in: version).map { version.appending($0) } }
            .filter { isUnused($0, by: user, age, now) }
    }

    /// Removes such a directory if it is still unused. Returns false if it is not, or if it holds other files.
    ///
    /// The binary is unlinked first, so that hooks find it whole or not at all. A process that runs it keeps it.
    static func remove(_ directory: FilePath, user: UInt32, age: Int64, now: Int64) -> Bool {
        let options: FileDescriptor.OpenOptions = [.directory, .noFollow, .closeOnExec]
        guard let held = try? FileDescriptor.open(directory, .readOnly, options: options) else { return false }
        defer { try? held.close() }
        // A hook that fetches a binary locks the directory too.
        guard flock(held.rawValue, LOCK_EX | LOCK_NB) == 0, isUnused(directory, by: user, age, now) else {
            return false
        }
        _ = directory.appending(name).withPlatformString { unlink($0) }
        for fetch in LeftoverFile.names(in: directory) where fetch.hasPrefix(".fetch.") {
            try? FileManager.default.removeItem(atPath: directory.appending(fetch).string)
        }
        guard directory.withPlatformString({ rmdir($0) }) == 0 else { return false }
        // Fails if the version has another binary.
        _ = directory.removingLastComponent().withPlatformString { rmdir($0) }
        return true
    }

    private static func directory(_ environment: [String: String]) -> FilePath? {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? FilePath($0).appending(".cache") : nil }
        let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? FilePath($0) : nil } ?? home
        return cache?.appending("docker-cache").appending("bin")
    }

    /// Whether the directory belongs to `user`, and neither it nor the binary in it, if any, has changed for `age`. A
    /// fetch changes the directory.
    private static func isUnused(_ directory: FilePath, by user: UInt32, _ age: Int64, _ now: Int64) -> Bool {
        let binary = directory.appending(name)
        return LeftoverFile.isOld(directory, by: age, now, directoryOf: user)
            && (LeftoverFile.isOld(binary, by: age, now)
                || !FileManager.default.fileExists(atPath: binary.string))
    }
}
