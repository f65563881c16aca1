import FoundationEssentials
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The names that builds gave their contexts and that are still there, because whoever built was killed.
package struct LeftoverContextLinks: Equatable, Sendable {
    /// Directories, each with one link in it.
    package let directories: [FilePath]

    /// Looks for them where a build puts them.
    ///
    /// - Parameters:
    ///   - environment: `TMPDIR` counts
    ///   - time: only those older than this, in milliseconds since 1970: another build may still need a younger one
    package init(environment: [String: String], olderThan time: Int64) {
        let given = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : FilePath($0).lexicallyNormalized() }
        let parents = [given, "/tmp"].compactMap { $0 }
        directories = (given == "/tmp" ? ["/tmp"] : parents).flatMap { Self.directories(in: $0, olderThan: time) }
    }

    private static func directories(in parent: FilePath, olderThan time: Int64) -> [FilePath] {
        // A directory that is not there, or not for us to read, has none of ours.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.string)) ?? []
        return names.sorted().filter { $0.hasPrefix(ContextLink.prefix) }.map { parent.appending($0) }.filter { path in
            var found = stat()
            guard path.withPlatformString({ lstat($0, &found) }) == 0 else { return false }
            #if canImport(Darwin)
                let seconds = found.st_mtimespec.tv_sec
            #else
                let seconds = found.st_mtim.tv_sec
            #endif
            let isDirectory = found.st_mode & S_IFMT == S_IFDIR
            return isDirectory && found.st_uid == geteuid() && Int64(seconds) * 1_000 < time
        }
    }

    /// Removes them, and nothing that lies in them but the link. Returns how many are gone.
    package func remove() -> Int {
        directories.count { directory in
            let link = directory.appending(ContextLink.name)
            _ = link.withPlatformString { unlink($0) }
            return directory.withPlatformString { rmdir($0) } == 0
        }
    }
}
