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
    package func ignoreFile(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnoreFile? {
        if let dockerfile, dialect.readsIgnoreFileOfDockerfile {
            let path = FilePath(pathBytes: dockerfile.pathBytes + Array(".dockerignore".utf8))
            if let content = try FileReading.contentIfPresent(path) {
                return IgnoreFile(path: path, content: content, belongsToDockerfile: true)
            }
        }
        let path = root.appending(".dockerignore")
        return try FileReading.contentIfPresent(path).map {
            IgnoreFile(path: path, content: $0, belongsToDockerfile: false)
        }
    }

    /// The patterns of ``ignoreFile(dialect:)``.
    package func ignorePatterns(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnorePatterns {
        guard let file = try ignoreFile(dialect: dialect) else {
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
        if try ignoreFile()?.belongsToDockerfile == true {
            return true
        }
        return try ignorePatterns(dialect: .legacy).dependsOnDialect
    }

    /// Where the Dockerfile lies in the context, with all links followed; nil if it lies elsewhere or is not there.
    private var dockerfileInContext: [UInt8]? {
        guard let dockerfile, let directory = Self.resolved(root), let file = Self.resolved(dockerfile) else {
            return nil
        }
        let prefix = directory == [UInt8(ascii: "/")] ? directory : directory + [UInt8(ascii: "/")]
        return file.starts(with: prefix) ? Array(file.dropFirst(prefix.count)) : nil
    }

    private static func resolved(_ path: FilePath) -> [UInt8]? {
        path.withPlatformString { name in
            guard let target = realpath(name, nil) else {
                return nil
            }
            defer { free(target) }
            return FilePath(platformString: target).pathBytes
        }
    }
}

/// Reads small files as a whole.
enum FileReading {
    private static let chunkSize = 64 * 1024

    /// The bytes of the file at `path`; nil if there is none. A directory of that name is none: Docker goes on without
    /// it.
    static func contentIfPresent(_ path: FilePath) throws(ContextError) -> [UInt8]? {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter { try content(of: descriptor) }
        } catch let error as Errno where [.noSuchFileOrDirectory, .notDirectory, .isDirectory].contains(error) {
            return nil
        } catch {
            throw .unreadable(path: path, reason: error as? Errno ?? .ioError)
        }
    }

    private static func content(of descriptor: FileDescriptor) throws -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            if count == 0 {
                return content
            }
            content += chunk.prefix(count)
        }
    }
}
