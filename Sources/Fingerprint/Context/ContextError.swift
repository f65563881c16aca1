package import SystemPackage

/// A reason why the digest of a context cannot be computed.
package enum ContextError: Error, Equatable, CustomStringConvertible {
    /// The root of the context does not exist or is not a directory.
    case noDirectory(root: FilePath)
    /// A file or directory of the context cannot be read.
    case unreadable(path: FilePath, reason: Errno)
    /// A Dockerfile or an ignore file is a device, a FIFO or a socket, or links to one.
    case notAFile(path: FilePath)
    /// A Dockerfile or an ignore file is larger than `bytes`, the limit for handwritten files.
    case tooLarge(path: FilePath, bytes: Int)
    /// The same file or directory kept changing while it was read.
    case changing(path: FilePath)
    /// The caller cancelled the scan.
    case cancelled
    /// The ignore file is malformed.
    case ignoreFile(IgnorePatternError)

    package var description: String {
        switch self {
        case .noDirectory(let root):
            "The context \(root) is not a directory. Name the directory that paths in COPY are relative to."
        case .unreadable(let path, let reason):
            "\(path) belongs to the context but cannot be read: \(reason). "
                + "Make it readable, or leave it out with a line in .dockerignore."
        case .notAFile(let path):
            "\(path) is not a regular file or a link to one. Put a file there."
        case .tooLarge(let path, let bytes):
            "\(path) is larger than \(bytes >> 20) MiB, the limit for Dockerfiles and ignore files. "
                + "Put the right file there."
        case .changing(let path):
            "The context keeps changing: \(path) was different each time it was read. "
                + "Wait until nothing writes there, or leave it out with a line in .dockerignore."
        case .cancelled:
            "Reading the context was cancelled."
        case .ignoreFile(let error):
            error.description
        }
    }
}
