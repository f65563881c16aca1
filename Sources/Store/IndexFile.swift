internal import Files
import Formatting
internal import SystemPackage

internal import CLibrary

/// The index file in the file system: whether it exists, how it is created, and how it is moved aside.
///
/// Creating and moving the file requires the exclusive lock, see ``hold(_:within:_:)``.
struct IndexFile {
    /// The path as shown to users.
    let path: FilePath
    /// The path with links followed, because SQLite puts `-wal` and `-shm` beside the link's target.
    let resolved: FilePath

    /// The file that a path names at the moment. Later, the path may name a different one.
    struct Identity: Equatable {
        let device: DeviceID
        let inode: Inode
    }

    /// What a path names.
    enum Presence: Equatable {
        case absent
        /// Empty: not initialized yet, or its creator was killed before that.
        case empty(Identity)
        case present(Identity)
    }

    init(path: FilePath) {
        self.path = path
        resolved = Self.resolve(path)
    }

    /// The target of `path` with all links followed. It need not exist yet.
    private static func resolve(_ path: FilePath) -> FilePath {
        var path = path
        for _ in 0..<mostLinks {
            if let target = path.withPlatformString({ realpath($0, nil) }) {
                defer { free(target) }
                return FilePath(platformString: target)
            }
            guard let target = target(ofLink: path) else { break }
            path = path.removingLastComponent().pushing(target)
        }
        return path
    }

    /// The number of links that Linux follows.
    private static let mostLinks = 40

    /// Nil if `path` is not a link.
    private static func target(ofLink path: FilePath) -> FilePath? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard path.withPlatformString({ readlink($0, &target, target.count - 1) }) > 0 else { return nil }
        return target.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } }
    }

    /// Creates the missing directories with mode 0700, regardless of the umask.
    func prepareDirectory() throws(IndexError) {
        var missing: [FilePath] = []
        var directory = resolved.removingLastComponent()
        while !directory.isEmpty, (try? Stat(directory)) == nil {
            missing.append(directory)
            let parent = directory.removingLastComponent()
            guard parent != directory else {
                break
            }
            directory = parent
        }
        for directory in missing.reversed() {
            let code = directory.withPlatformString { name in mkdir(name, S_IRWXU) }
            guard code == 0 else {
                let failure = Errno(rawValue: errno)
                // Another agent created it first.
                if failure == .fileExists {
                    continue
                }
                throw .cannotCreateDirectory(path, directory: directory, failure)
            }
            directory.withPlatformString { name in _ = chmod(name, S_IRWXU) }
        }
    }

    /// What the path names. Only a regular file can be an index; opening a FIFO would block indefinitely.
    func presence() throws(IndexError) -> Presence {
        let found: Stat
        do {
            found = try Stat(resolved)
        } catch .noSuchFileOrDirectory {
            return .absent
        } catch {
            throw IndexError(error, path: path, reason: "cannot look at it")
        }
        switch found.type {
        case .regular:
            let identity = Identity(device: found.deviceID, inode: found.inode)
            // SQLite treats a file of one byte as empty, too.
            return found.size <= 1 ? .empty(identity) : .present(identity)
        case .directory:
            throw .isDirectory(path)
        default:
            throw .notAFile(path)
        }
    }

    /// Why this user cannot write the index, according to permissions; nil if they allow it.
    var obstacle: String? {
        let directory = resolved.removingLastComponent()
        let place = directory.isEmpty ? "." : directory
        if Self.isRefused(place, W_OK | X_OK), errno == EROFS { return "its file system is read-only" }
        for suffix in ["", "-wal", "-shm"] {
            let file = FilePath(resolved.string + suffix)
            if let mode = try? Stat(file).permissions, Self.isRefused(file, W_OK) {
                return "\(file) has the mode 0\(String(mode.rawValue, radix: 8))"
            }
        }
        return Self.isRefused(place, W_OK | X_OK) ? "this user cannot write to \(place)" : nil
    }

    /// Whether the log or its shared memory cannot be written. SQLite then opens the file nevertheless, and refuses
    /// every write.
    var hasUnwritableLog: Bool {
        ["-wal", "-shm"].contains { Self.isRefused(FilePath(resolved.string + $0), W_OK) && errno != ENOENT }
    }

    private static func isRefused(_ path: FilePath, _ mode: Int32) -> Bool {
        path.withPlatformString { access($0, mode) } != 0
    }

    /// Whether there is a log, which may hold changes that the file lacks.
    var hasLog: Bool {
        ((try? Stat(FilePath(resolved.string + "-wal")))?.size ?? 0) > 0
    }

    /// The size of the file and its log, in bytes. A file that cannot be examined adds 0.
    var bytes: Int64 {
        ["", "-wal"].reduce(0) { sum, suffix in
            sum + Int64((try? Stat(FilePath(resolved.string + suffix)))?.size ?? 0)
        }
    }

    /// Creates the empty file with mode 0600, regardless of the umask. SQLite gives `-wal` and `-shm` the same mode.
    ///
    /// Requires the exclusive lock: closing a descriptor of a file drops all locks that this process holds on it,
    /// including those of a SQLite connection in another thread
    /// (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
    func create() throws(IndexError) {
        do {
            let descriptor = try FileDescriptor.open(
                resolved,
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite
            )
            fchmod(descriptor.rawValue, S_IRUSR | S_IWUSR)
            try descriptor.close()
        } catch let errno as Errno {
            throw IndexError(errno, path: path, reason: "cannot create it")
        } catch {
            throw .cannotOpen(path, reason: "cannot create it: \(error)")
        }
    }

    /// Renames the file, with its `-wal` and `-shm`, to a name that contains the time. Requires the exclusive lock.
    ///
    /// Open connections continue with the renamed files: SQLite notices, and does not touch the new ones.
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: The new name.
    func moveAside(now: Int64) throws(IndexError) -> FilePath {
        let base = resolved.string + ".corrupt-" + Timestamp.compactText(now)
        var target = base
        var copy = 2
        while (try? Stat(FilePath(target), followTargetSymlink: false)) != nil {
            target = base + "-\(copy)"
            copy += 1
        }
        // The file itself comes last: if this process dies before that, the file is found damaged again, and moved next
        // time.
        for suffix in ["-wal", "-shm", ""] {
            let code = rename(resolved.string + suffix, target + suffix)
            guard code == 0 || Errno(rawValue: errno) == .noSuchFileOrDirectory else {
                throw IndexError(Errno(rawValue: errno), path: path, reason: "cannot move it to \(target)")
            }
        }
        return FilePath(target)
    }

    /// Runs `body`, with the shared lock if possible. A process that cannot write to the directory moves nothing.
    func holdIfPossible<Result>(
        within milliseconds: Int32,
        _ body: () throws(IndexError) -> Result
    ) throws(IndexError) -> Result {
        let taken = try? FileLock.take(at: FilePath(resolved.string + ".lock"), .shared, within: milliseconds)
        defer { taken?.release() }
        return try body()
    }

    /// Runs `body` with the lock on a file beside the index. A process holds it shared while it opens the index, and
    /// exclusively while it creates the index or moves it aside.
    ///
    /// SQLite's own locks are not enough for that, because they are in the file itself. A connection that opens between
    /// the renames of `index.db` and `index.db-shm` would share memory with the wrong database. The lock file is never
    /// removed.
    func hold<Result>(
        _ mode: FileLock.Mode,
        within milliseconds: Int32,
        _ body: () throws(IndexError) -> Result
    ) throws(IndexError) -> Result {
        let lockFile = FilePath(resolved.string + ".lock")
        let taken: FileLock?
        do {
            taken = try FileLock.take(at: lockFile, mode, within: milliseconds)
        } catch {
            throw IndexError(error, path: path, reason: "cannot lock \(lockFile)")
        }
        guard let lock = taken else { throw .locked(path) }
        defer { lock.release() }
        // Regardless of the umask with which the file was created.
        if (try? Stat(lock.descriptor).permissions) != .ownerReadWrite {
            fchmod(lock.descriptor.rawValue, S_IRUSR | S_IWUSR)
        }
        return try body()
    }
}
