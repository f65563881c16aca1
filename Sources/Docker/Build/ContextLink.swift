import CLibrary
package import SystemPackage

/// A new name for a context, for one build.
///
/// BuildKit keeps what it was last sent from a directory, and is then sent only the files whose size, mode or
/// modification time differ. Of a directory whose mode alone changed it takes the new mode, and keeps the old checksum.
/// It knows the directory by a name: clients before version 23 make that name of the whole path on the command line,
/// buildx of the last component alone. Under a name that it has had before, an image gets files that are not in the
/// context, with `--no-cache` too. So both the path and its last component are never used twice, and BuildKit is sent
/// everything. A build has one such name for its context, for the directory of its Dockerfile and for the directories
/// that `--build-context` names. (Tried with 20.10, 26.1 and 28.5: `context.bats`.)
struct ContextLink {
    /// A link to the context.
    let path: FilePath
    /// Where the builder may say what it used; gone with the link.
    var metadataFile: FilePath { directory.appending(Self.metadataName) }
    private let directory: FilePath
    /// Open and locked as long as the build runs, so that no one takes the directory for a leftover.
    private let hold: FileDescriptor?

    /// What the names of the directories begin with.
    static let prefix = "docker-cache-context."
    static let metadataName = "metadata.json"
    /// How many hex digits follow; the link in the directory is called by them.
    static let digits = 32

    /// - Parameters:
    ///   - context: relative paths are relative to the working directory
    ///   - parent: where temporary files go
    ///   - random: 128 bits are taken from it
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

    /// What a builder says of a build is smaller, in bytes.
    private static let mostMetadata = 1 << 16

    /// A name takes no space, and what the builder writes does: where there is none, a build would fail at its end.
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

    /// Takes the name away again.
    func remove() {
        _ = path.withPlatformString { unlink($0) }
        _ = metadataFile.withPlatformString { unlink($0) }
        _ = directory.withPlatformString { rmdir($0) }
        try? hold?.close()
    }

    /// The link in a directory of that name; nil if it is no such name.
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

/// The directory of a name that a build gave its context, and that is still there because the build was killed.
package enum LeftoverContextLink {
    /// Whether a directory's name is one of those.
    package static func isItsName(_ directory: FilePath) -> Bool { ContextLink.link(in: directory) != nil }

    /// Removes it, and nothing that lies in it but what a build puts there. False if a build still has it, whatever its
    /// age, or if someone has put something of their own into it.
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
