import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A new name for a context, for one build.
///
/// BuildKit keeps what it was last sent from a directory, and is then sent only the files whose size, mode or
/// modification time differ. It knows the directory by the path on docker's command line: a file of the same size and
/// time with other content is not sent, and `.` stands for the same files in every checkout. Either way an image gets
/// files that are not in the context, with `--no-cache` too. Under a name that it has never seen, it is sent
/// everything.
struct ContextLink {
    /// A link to the context.
    let path: FilePath
    private let directory: FilePath
    /// Open and locked as long as the build runs, so that nobody takes the directory for a leftover.
    private let hold: FileDescriptor?

    /// What the names of the directories begin with.
    static let prefix = "docker-cache-context."
    /// The name of the link in its directory.
    static let name = "context"

    /// - Parameters:
    ///   - context: relative paths are relative to the working directory
    ///   - parent: where temporary files go
    init(to context: FilePath, in parent: FilePath) throws(Errno) {
        var template = parent.appending("\(Self.prefix)XXXXXX").withPlatformString { start in
            Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
        }
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        directory = template.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { FilePath(platformString: $0) } ?? parent
        }
        hold = try? FileDescriptor.open(directory, .readOnly, options: [.directory, .noFollow, .closeOnExec])
        if let hold { _ = flock(hold.rawValue, LOCK_SH | LOCK_NB) }
        path = directory.appending(Self.name)
        let target = context.isAbsolute ? context : try Self.workingDirectory().pushing(context)
        let result = target.withPlatformString { target in
            path.withPlatformString { symlink(target, $0) }
        }
        guard result == 0 else {
            let reason = Errno(rawValue: errno)
            remove()
            throw reason
        }
    }

    /// Takes the name away again.
    func remove() {
        _ = path.withPlatformString { unlink($0) }
        _ = directory.withPlatformString { rmdir($0) }
        try? hold?.close()
    }

    private static func workingDirectory() throws(Errno) -> FilePath {
        guard let path = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
        defer { free(path) }
        return FilePath(platformString: path)
    }
}
