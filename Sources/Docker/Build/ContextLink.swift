import CLibrary
package import SystemPackage

/// A unique name for the context of one build.
///
/// BuildKit keeps the files that it last received from a directory. For the next build, it requests only the files with
/// a different size, mode or modification time. If only the mode of a directory changed, it takes the new mode but
/// keeps the old checksum. BuildKit identifies the directory by a name: clients before version 23 derive the name from
/// the whole path on the command line, buildx only from the last component. Under a name that was used before, an image
/// can get files that are not in the context, even with `--no-cache`. So neither the path nor its last component is
/// ever reused, and BuildKit receives everything. A build uses one such name for its context, for the directory of its
/// Dockerfile and for the directories that `--build-context` names. (Tested with 20.10, 26.1 and 28.5: `context.bats`.)
struct ContextLink {
    /// The symbolic link to the context.
    let path: FilePath
    /// Where the builder may write its report. It is removed with the link.
    var metadataFile: FilePath { directory.appending(Self.metadataName) }
    private let directory: FilePath
    /// The directory, open and locked while the build runs, so that no other process takes it for a leftover.
    private let hold: FileDescriptor?

    /// The prefix of the directories' names.
    static let prefix = "docker-cache-context."
    static let metadataName = "metadata.json"
    /// The number of hex digits after the prefix. The link inside the directory has these digits as its name.
    static let digits = 32

    /// - Parameters:
    ///   - context: relative paths are relative to the working directory
    ///   - parent: the directory for temporary files
    ///   - random: the source of 128 random bits
    init(
        to context: FilePath,
        in parent: FilePath,
        using random: inout some RandomNumberGenerator
    ) throws(Errno) {
        let digits = String(UInt128.random(in: 0 ... .max, using: &random), radix: 16)
        let name = String(repeating: "0", count: Self.digits - digits.count) + digits
        directory = parent.appending("\(Self.prefix)\(name)")
        guard directory.withPlatformString({ mkdir($0, 0o700) }) == 0 else { throw Errno(rawValue: errno) }
        hold = try? FileDescriptor.open(directory, .readOnly, options: [.directory, .noFollow, .closeOnExec])
        if let hold { _ = flock(hold.rawValue, LOCK_SH | LOCK_NB) }
        path = directory.appending(name)
        let target = context.isAbsolute ? context : try Self.workingDirectory().pushing(context)
        let result = target.withPlatformString { target in
            path.withPlatformString { symlink(target, $0) }
        }
        guard result == 0 else {
            let reason = Errno(rawValue: errno)
            remove()
            throw reason
        }
        do {
            try Self.requireSpace(for: metadataFile)
        } catch {
            remove()
            throw error
        }
    }

    /// A size that no build report exceeds, in bytes.
    private static let mostMetadata = 1 << 16

    /// Checks that there is space for the build report. Without it, the build would fail at its end.
    private static func requireSpace(for path: FilePath) throws(Errno) {
        do {
            let file = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite
            )
            try file.closeAfter { _ = try file.writeAll([UInt8](repeating: 0, count: mostMetadata)) }
            guard path.withPlatformString({ unlink($0) }) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    /// Removes the link, the report and the directory.
    func remove() {
        _ = path.withPlatformString { unlink($0) }
        _ = metadataFile.withPlatformString { unlink($0) }
        _ = directory.withPlatformString { rmdir($0) }
        try? hold?.close()
    }

    /// The path of the link in `directory`. Nil if the directory does not have such a name.
    static func link(in directory: FilePath) -> FilePath? {
        guard let name = directory.lastComponent?.string, name.hasPrefix(prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        guard rest.utf8.count == digits, rest.allSatisfy(\.isHexDigit) else { return nil }
        return directory.appending(String(rest))
    }

    private static func workingDirectory() throws(Errno) -> FilePath {
        guard let path = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
        defer { free(path) }
        return FilePath(platformString: path)
    }
}

/// The directory of a context link that a killed build left behind.
package enum LeftoverContextLink {
    /// Whether `directory` is named like the directory of a context link.
    package static func isItsName(_ directory: FilePath) -> Bool { ContextLink.link(in: directory) != nil }

    /// Removes the directory and the files that a build puts there, but no other files. Returns false if a build still
    /// uses the directory, whatever its age, or if it contains other files.
    package static func remove(_ directory: FilePath) -> Bool {
        guard let link = ContextLink.link(in: directory) else { return false }
        let options: FileDescriptor.OpenOptions = [.directory, .noFollow, .closeOnExec]
        guard let held = try? FileDescriptor.open(directory, .readOnly, options: options) else { return false }
        defer { try? held.close() }
        guard flock(held.rawValue, LOCK_EX | LOCK_NB) == 0 else { return false }
        _ = link.withPlatformString { unlink($0) }
        _ = directory.appending(ContextLink.metadataName).withPlatformString { unlink($0) }
        return directory.withPlatformString { rmdir($0) } == 0
    }
}
