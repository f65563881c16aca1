internal import SystemPackage

internal import CLibrary

/// The lock on a file beside the index, held shared while a process opens it and exclusively while one creates it or
/// moves it aside.
///
/// SQLite's own locks are not enough for that: they sit in the file itself, and a connection that opens between the
/// renames of `index.db` and `index.db-shm` would share memory with the wrong database. The kernel lets go of a `flock`
/// when its holder dies. The file is never removed, since that would give two processes a lock each.
struct IndexLock {
    enum Mode {
        case shared
        case exclusive
    }

    /// The path of the index.
    let path: FilePath
    /// How long to wait for another holder.
    let timeoutMilliseconds: Int32

    /// flock has no timeout of its own, so it is asked again and again. A holder keeps the lock for a few milliseconds.
    private static let pauseMilliseconds: Int32 = 5

    private var lockFile: FilePath {
        FilePath(path.string + ".lock")
    }

    /// Runs `body` with the lock held.
    func hold<Result>(
        _ mode: Mode,
        _ body: () throws(IndexError) -> Result
    ) throws(IndexError) -> Result {
        let descriptor = try openFile()
        defer { try? descriptor.close() }
        try lock(descriptor, mode)
        // Whatever the umask was when the file was created.
        if (try? Stat(descriptor).permissions) != .ownerReadWrite {
            fchmod(descriptor.rawValue, S_IRUSR | S_IWUSR)
        }
        return try body()
    }

    private func openFile() throws(IndexError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                lockFile,
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            )
        } catch let errno as Errno {
            throw IndexError(errno, path: path, reason: "cannot open \(lockFile)")
        } catch {
            throw .cannotOpen(path, reason: "cannot open \(lockFile): \(error)")
        }
    }

    private func lock(_ descriptor: FileDescriptor, _ mode: Mode) throws(IndexError) {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        var waited: Int32 = 0
        while flock(descriptor.rawValue, operation) != 0 {
            let failure = Errno(rawValue: errno)
            guard failure == .wouldBlock || failure == .interrupted else {
                throw IndexError(failure, path: path, reason: "cannot lock \(lockFile)")
            }
            guard waited < timeoutMilliseconds else {
                throw .locked(path)
            }
            usleep(UInt32(Self.pauseMilliseconds) * 1_000)
            waited += Self.pauseMilliseconds
        }
    }
}
