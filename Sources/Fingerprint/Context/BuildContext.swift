import CLibrary
package import SystemPackage

/// A build context: its directory and its Dockerfile, as passed to the builder.
package struct BuildContext: Sendable {
    /// The context directory. It may be a symbolic link.
    package let root: FilePath
    /// The path of the Dockerfile as specified; nil if it is given inline or on standard input.
    package let dockerfile: FilePath?

    package init(root: FilePath, dockerfile: FilePath?) {
        self.root = root
        self.dockerfile = dockerfile
    }

    /// The ignore file that applies to a context.
    package struct IgnoreFile: Sendable, Equatable {
        package let path: FilePath
        package let content: [UInt8]
        /// Whether its name derives from the Dockerfile's name. The legacy builder does not support such files.
        package let belongsToDockerfile: Bool
    }

    /// Returns `<Dockerfile>.dockerignore` if it exists and the builder supports it, otherwise `.dockerignore` at the
    /// root, otherwise nil. The first file that exists applies alone, even if it is empty.
    ///
    /// BuildKit receives the directory and resolves links as if the directory were the root of the file system: neither
    /// `..` nor `/` leads out of it. The legacy builder's client opens the file as any program does. (Tested with
    /// 20.10, 26.1 and 28.5: `ignore.bats`.)
    package func ignoreFile(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnoreFile? {
        let sendsDirectory = dialect.walk == .buildKit
        if let dockerfile, dialect.readsIgnoreFileOfDockerfile {
            let path = FilePath(pathBytes: dockerfile.pathBytes + Array(".dockerignore".utf8))
            if let content = try FileReading.contentIfPresent(path, inItsDirectory: sendsDirectory) {
                return IgnoreFile(path: path, content: content, belongsToDockerfile: true)
            }
        }
        let path = root.appending(".dockerignore")
        return try FileReading.contentIfPresent(path, inItsDirectory: sendsDirectory).map {
            IgnoreFile(path: path, content: $0, belongsToDockerfile: false)
        }
    }

    /// Returns the Dockerfile's bytes as a builder reads them; nil if no Dockerfile is named.
    ///
    /// BuildKit resolves links to the Dockerfile as it does for an ignore file. If that leads to no file, its build
    /// fails, and this method opens the path as any program does.
    package func dockerfileContent(dialect: IgnoreDialect) throws(ContextError) -> [UInt8]? {
        guard let dockerfile else { return nil }
        if dialect.walk == .buildKit, let content = try FileReading.contentIfPresent(dockerfile, inItsDirectory: true) {
            return content
        }
        guard let content = try FileReading.contentIfPresent(dockerfile, inItsDirectory: false) else {
            throw .unreadable(path: dockerfile, reason: .noSuchFileOrDirectory)
        }
        return content
    }

    /// Returns the patterns of ``ignoreFile(dialect:)``.
    package func ignorePatterns(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnorePatterns {
        try patterns(of: ignoreFile(dialect: dialect), dialect: dialect)
    }

    /// Parses an ignore file that has been read. Returns no patterns if `file` is nil.
    package func patterns(of file: IgnoreFile?, dialect: IgnoreDialect) throws(ContextError) -> IgnorePatterns {
        guard let file else {
            return .none
        }
        do {
            return try IgnorePatterns(
                parsing: file.content,
                file: file.path,
                dialect: dialect,
                dockerfile: dialect.walk == .archive ? dockerfileInContext : nil
            )
        } catch {
            throw .ignoreFile(error)
        }
    }

    /// Whether the dialect may affect how the ignore file is read. May be true unnecessarily. Check it before choosing
    /// a dialect, because determining the client's version starts a process.
    package func dependsOnDialect() throws(ContextError) -> Bool {
        let file = try ignoreFile(dialect: .legacy)
        guard try ignoreFile() == file else {
            return true
        }
        return try patterns(of: file, dialect: .legacy).dependsOnDialect
    }

    /// The directory of the Dockerfile, if it is outside the context. BuildKit receives both directories.
    package var directoryBeside: FilePath? {
        guard let dockerfile, let directory = ResolvedPath.resolve(root) else { return nil }
        let beside = dockerfile.removingLastComponent()
        let path: FilePath = beside.isEmpty ? "." : beside
        guard let resolved = ResolvedPath.resolve(path) else { return nil }
        return resolved.starts(with: directory) ? nil : path
    }

    /// Returns the target of the link at a path in the context; nil if it is not a link or cannot be read.
    package func target(ofLink path: [UInt8]) -> [UInt8]? {
        let target = try? FileReading.target(of: root.pushing(FilePath(pathBytes: path)))
        return target.flatMap { $0 }?.pathBytes
    }

    /// The path of the Dockerfile in the context, with links resolved; nil if it is outside the context or missing.
    private var dockerfileInContext: [UInt8]? {
        dockerfile.flatMap { ResolvedPath.relative($0, to: root)?.pathBytes }
    }
}

/// Reads small files as a whole.
enum FileReading {
    private static let chunkSize = 64 * 1024

    /// The size limit in bytes. Handwritten files are smaller.
    private static let mostBytes = 16 << 20

    /// The maximum number of links to follow in a row, the same as in Linux.
    private static let mostLinks = 40

    /// Returns the bytes of the file at `path`; nil if there is none. A directory is treated as a missing file, as in
    /// Docker.
    ///
    /// - Parameter inItsDirectory: whether links are resolved as if the parent directory of `path` were the root of the
    ///   file system, so that no `..` leads out of it
    static func contentIfPresent(_ path: FilePath, inItsDirectory: Bool) throws(ContextError) -> [UInt8]? {
        do {
            guard let path = inItsDirectory ? try resolved(path) : path else { return nil }
            let descriptor = try open(path)
            return try descriptor.closeAfter { try content(of: descriptor, path) }
        } catch let error as ContextError {
            throw error
        } catch let error as Errno where [.noSuchFileOrDirectory, .notDirectory, .isDirectory].contains(error) {
            return nil
        } catch {
            throw .unreadable(path: path, reason: error as? Errno ?? .ioError)
        }
    }

    /// Resolves all links in `path` within its directory; nil if there are too many links, or they lead to the
    /// directory itself.
    ///
    /// A link's target is joined with its directory's path lexically, before any link in it is resolved: `a/..` is
    /// removed, whatever `a` is.
    private static func resolved(_ path: FilePath) throws -> FilePath? {
        guard let name = path.lastComponent else { return path }
        let root = path.removingLastComponent()
        var place = FilePath(root: "/", [name])
        var links = 0
        var known = 0
        while known < place.components.count {
            let front = FilePath(root: nil, place.components.prefix(known + 1))
            guard let target = try target(of: root.pushing(front)) else {
                known += 1
                continue
            }
            links += 1
            guard links <= mostLinks else { return nil }
            let rest = place.components.dropFirst(known + 1)
            let directory = FilePath(root: "/", place.components.prefix(known))
            place = directory.pushing(target).lexicallyNormalized()
            place.append(rest)
            known = 0
        }
        return place.components.isEmpty ? nil : root.pushing(FilePath(root: nil, place.components))
    }

    /// Returns the target of the link at `path`; nil if it is not a link.
    static func target(of path: FilePath) throws -> FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = path.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
        guard count >= 0 else {
            if errno == EINVAL { return nil }
            throw Errno(rawValue: errno)
        }
        return FilePath(pathBytes: buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    /// Opens a regular file without blocking: a checkout may contain a FIFO, or a link to a device.
    ///
    /// Throws `Errno`, or ``ContextError/notAFile(path:)``.
    static func open(_ path: FilePath) throws -> FileDescriptor {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        do {
            switch UInt32(S_IFMT) & (try FileState(of: descriptor.rawValue).mode) {
            case UInt32(S_IFREG): return descriptor
            case UInt32(S_IFDIR): throw Errno.isDirectory
            default: throw ContextError.notAFile(path: path)
            }
        } catch {
            try? descriptor.close()
            throw error
        }
    }

    private static func content(of descriptor: FileDescriptor, _ path: FilePath) throws -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            if count == 0 {
                return content
            }
            content += chunk.prefix(count)
            guard content.count <= mostBytes else {
                throw ContextError.tooLarge(path: path, bytes: mostBytes)
            }
        }
    }
}
