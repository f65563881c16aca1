package import SystemPackage

/// Why there is no index for this run. The caller warns and continues without one.
package enum IndexError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path names a directory.
    case isDirectory(FilePath)
    /// The path names something that is neither a file nor a directory, such as a FIFO.
    case notAFile(FilePath)
    /// The directory for the index cannot be created. `directory` is the one that failed.
    case cannotCreateDirectory(FilePath, directory: FilePath, Errno)
    /// The file, its directory or its file system is read-only.
    case readOnly(FilePath)
    /// The disk is full, or the quota is used up.
    case diskFull(FilePath)
    /// Another process held the lock for too long.
    case locked(FilePath)
    /// The file, or one beside it, cannot be opened.
    case cannotOpen(FilePath, reason: String)
    /// A newer version wrote the file, which was left unchanged.
    case newerVersion(FilePath, found: Int64, known: Int64)
    /// The file is not an index, but for example a text file or another application's database. It was left unchanged.
    case foreign(FilePath)
    /// The file was found damaged after it was opened. ``Index/moveAside(now:)`` makes room for a new one.
    case damaged(FilePath, reason: String)
    /// Any other error.
    case failed(FilePath, reason: String)

    /// Whether the file is damaged. ``Index/moveAside(now:)`` then makes room for a new one.
    package var isDamage: Bool {
        if case .damaged = self {
            return true
        }
        return false
    }

    package var description: String {
        switch self {
        case .isDirectory(let path):
            """
            Cannot use the index \(path): it is a directory. \
            Name a file in it, as in \(path.appending("index.db")).
            """
        case .notAFile(let path):
            "Cannot use the index \(path): it is not a regular file. Name another path."
        case .cannotCreateDirectory(let path, let directory, let errno):
            """
            Cannot use the index \(path): cannot create the directory \(directory): \(errno). \
            Create it, or name a path in a directory that this user can write to.
            """
        case .readOnly(let path):
            """
            Cannot use the index \(path): the file, its directory or its file system is read-only. \
            Make it writable for this user, or name a path elsewhere.
            """
        case .diskFull(let path):
            "Cannot use the index \(path): the disk is full. Free some space, or name a path on another disk."
        case .locked(let path):
            """
            Cannot use the index \(path): another process has locked it for too long. \
            Look for one that hangs ('fuser \(path)' shows who has it open).
            """
        case .cannotOpen(let path, let reason):
            "Cannot open the index \(path): \(reason). Check its owner and permissions."
        case .newerVersion(let path, let found, let known):
            """
            Cannot use the index \(path): a newer docker-cache has written it (schema \(found), this one knows \
            \(known)). It was not changed. Update docker-cache on this agent, or name another path.
            """
        case .foreign(let path):
            """
            Cannot use the index \(path): it is not an index of docker-cache. It was not changed. \
            Name another path.
            """
        case .damaged(let path, let reason):
            "The index \(path) is damaged: \(reason). It will be moved aside, and a new one created."
        case .failed(let path, let reason):
            "Cannot use the index \(path): \(reason)."
        }
    }

    /// Why `file` cannot be written, although it may be readable; nil for any other error.
    func obstacleToWriting(_ file: IndexFile) -> String? {
        switch self {
        case .diskFull: "the disk is full"
        case .readOnly: file.obstacle ?? "this user cannot write it"
        case .cannotOpen(_, let reason): file.obstacle ?? reason
        default: nil
        }
    }

    /// Whether only writing is affected.
    package var isObstacleToWriting: Bool {
        switch self {
        case .readOnly, .diskFull: true
        default: false
        }
    }

    /// Translates a SQLite error into one that tells users what to do.
    init(_ error: SQLiteError, path: FilePath) {
        let cause = Errno(rawValue: error.systemErrno)
        switch error.code {
        case .corrupt, .notADatabase:
            self = .damaged(path, reason: error.message)
        case .busy:
            self = .locked(path)
        case .full:
            self = .diskFull(path)
        case .readOnly:
            self = .readOnly(path)
        case .cannotOpen:
            self = IndexError(cause, path: path, reason: error.message)
        case .ioError:
            // Only some causes have a specific case. The advice of `cannotOpen`, about owner and permissions, does not
            // apply.
            switch IndexError(cause, path: path, reason: error.message) {
            case .cannotOpen(_, let reason): self = .failed(path, reason: reason)
            case let known: self = known
            }
        default:
            self = .failed(path, reason: error.description)
        }
    }

    /// Classifies an error of the operating system. `reason` describes the attempt, for errors without a specific case.
    init(_ errno: Errno, path: FilePath, reason: String) {
        switch errno {
        case .noSpace, .diskQuotaExceeded:
            self = .diskFull(path)
        case .readOnlyFileSystem, .notPermitted:
            self = .readOnly(path)
        case Errno(rawValue: 0):
            self = .cannotOpen(path, reason: reason)
        default:
            self = .cannotOpen(path, reason: "\(reason): \(errno)")
        }
    }
}
