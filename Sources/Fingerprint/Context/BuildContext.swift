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

    /// `<Dockerfile>.dockerignore` if there is one, else `.dockerignore` at the root, else nil. The first that exists
    /// counts alone, even if it is empty.
    package func ignoreFile() throws(ContextError) -> IgnoreFile? {
        if let dockerfile {
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

    /// The patterns of ``ignoreFile()``.
    package func ignorePatterns(dialect: IgnoreDialect = .current) throws(ContextError) -> IgnorePatterns {
        guard let file = try ignoreFile() else {
            return .none
        }
        do {
            return try IgnorePatterns(parsing: file.content, file: file.path, dialect: dialect)
        } catch {
            throw .ignoreFile(error)
        }
    }
}
