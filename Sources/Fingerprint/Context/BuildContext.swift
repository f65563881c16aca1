import CLibrary
package import SystemPackage

/// A context as the builder is told of it: its directory and its Dockerfile.
package struct BuildContext: Sendable {
    /// The directory. May be a link to one.
    package let root: FilePath
    /// The Dockerfile as it was named; nil if it is given inline or on standard input.
    package let dockerfile: FilePath?

    package init(root: FilePath, dockerfile: FilePath?) {
        self.root = root
        self.dockerfile = dockerfile
    }

    /// The ignore file that counts.
    package struct IgnoreFile: Sendable, Equatable {
        package let path: FilePath
        package let content: [UInt8]
        /// It goes by the name of the Dockerfile. The legacy builder does not know such files.
        package let belongsToDockerfile: Bool
    }

    /// `<Dockerfile>.dockerignore` if there is one and the builder knows of such files, else `.dockerignore` at the
    /// root, else nil. The first that exists counts alone, even if it is empty.
    ///
    /// BuildKit is sent the directory and follows links in it, so that what they lead to lies below the directory: the
    /// parent of the directory is the directory itself, and so is `/`. The legacy builder's client opens the file as
    /// any program does. (Tried with 20.10, 26.1 and 28.5: `ignore.bats`.)
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

    /// The Dockerfile's bytes, as a builder reads them; nil if none is named.
    ///
    /// BuildKit follows a link that is the Dockerfile as it follows one that is an ignore file. Where it then finds
    /// nothing, its build fails, and the file is read as any program reads it.
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

    /// The patterns of ``ignoreFile(dialect:)``.
    package func ignorePatterns(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnorePatterns {
        try patterns(of: ignoreFile(dialect: dialect), dialect: dialect)
    }

    /// The patterns of an ignore file that has been read; none without one.
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

    /// Whether it matters which dialect the ignore file is read in; to be asked before one is chosen, because to learn
    /// the client's version costs a process. It may say yes too often.
    package func dependsOnDialect() throws(ContextError) -> Bool {
        let file = try ignoreFile(dialect: .legacy)
        guard try ignoreFile() == file else {
            return true
        }
        return try patterns(of: file, dialect: .legacy).dependsOnDialect
    }

    /// The directory of the Dockerfile, if it lies outside of the context: BuildKit is given both.
    package var directoryBeside: FilePath? {
        guard let dockerfile, let directory = ResolvedPath.resolve(root) else { return nil }
        let beside = dockerfile.removingLastComponent()
        let path: FilePath = beside.isEmpty ? "." : beside
        guard let resolved = ResolvedPath.resolve(path) else { return nil }
        return resolved.starts(with: directory) ? nil : path
    }

    /// What the link at a path in the context says; nil if it is none, or cannot be read.
    package func target(ofLink path: [UInt8]) -> [UInt8]? {
        let target = try? FileReading.target(of: root.pushing(FilePath(pathBytes: path)))
        return target.flatMap { $0 }?.pathBytes
    }

    /// Where the Dockerfile lies in the context, with all links followed; nil if it lies elsewhere or is not there.
    private var dockerfileInContext: [UInt8]? {
        dockerfile.flatMap { ResolvedPath.relative($0, to: root)?.pathBytes }
    }
}

/// Reads small files as a whole.
enum FileReading {
    private static let chunkSize = 64 * 1024

    /// No one writes more by hand.
    private static let mostBytes = 16 << 20

    /// As many links are followed one after the other, as Linux does.
    private static let mostLinks = 40

    /// The bytes of the file at `path`; nil if there is none. A directory of that name is none: Docker goes on without
    /// it.
    ///
    /// - Parameter inItsDirectory: whether links are followed as if the directory that `path` names were the root of
    ///   the file system, which no `..` leads out of
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

    /// What `path` leads to within its directory, without any link; nil if that is nothing.
    ///
    /// What a link says is joined with the path of its directory as a text, before any link in it is followed: of
    /// `a/..` nothing is left, whatever `a` is.
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

    /// What the link at `path` says; nil if it is none.
    static func target(of path: FilePath) throws -> FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = path.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
        guard count >= 0 else {
            if errno == EINVAL { return nil }
            throw Errno(rawValue: errno)
        }
        return FilePath(pathBytes: buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    /// Opens a regular file, and never waits: a checkout may hold a FIFO, or a link to a device.
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
