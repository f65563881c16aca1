import CLibrary
package import SystemPackage

/// A lock between processes: a `flock` on a file. The kernel releases it when its holder dies.
package struct FileLock: Sendable {
    package enum Mode: Sendable {
        case shared
        case exclusive
    }

    package let descriptor: FileDescriptor
    private let path: FilePath

    /// Takes the lock without waiting. Nil if another process has it.
    ///
    /// Throws `Errno` if locking is not possible: the directory cannot be written, or locks are not supported. Also
    /// throws if the name is a link to another file, which another user may have created: notes for waiting processes
    /// would be written into that file.
    package static func attempt(at path: FilePath, _ mode: Mode = .exclusive) throws(Errno) -> FileLock? {
        for _ in 0..<mostTries {
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(
                    path,
                    .readWrite,
                    options: [.create, .closeOnExec, .noFollow],
                    permissions: .ownerReadWrite
                )
            } catch {
                throw error as? Errno ?? .ioError
            }
            guard isPlain(descriptor) else {
                close(descriptor.rawValue)
                throw .notPermitted
            }
            guard flock(descriptor.rawValue, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
                let reason = Errno(rawValue: errno)
                close(descriptor.rawValue)
                if reason == .interrupted { continue }
                if reason == .wouldBlock { return nil }
                throw reason
            }
            // The previous owner may have removed the file between our opening and locking it. The lock is then on a
            // file that no other process can find, and is useless.
            if isSameFile(descriptor, path) { return FileLock(descriptor: descriptor, path: path) }
            close(descriptor.rawValue)
        }
        throw .ioError
    }

    /// How often a file may be gone by the time it is locked. On a file system that never reports the same inode number
    /// twice, it always is.
    private static let mostTries = 1_000

    /// Like ``attempt(at:_:)``, repeated until `milliseconds` have passed: flock has no timeout.
    package static func take(
        at path: FilePath,
        _ mode: Mode,
        within milliseconds: Int32
    ) throws(Errno) -> FileLock? {
        var waited: Int32 = 0
        while true {
            if let lock = try attempt(at: path, mode) { return lock }
            guard waited < milliseconds else { return nil }
            usleep(UInt32(pause) * 1_000)
            waited += pause
        }
    }

    /// The time between two attempts, in milliseconds.
    private static let pause: Int32 = 5

    /// Leaves a note for waiting processes, replacing the previous one. A failure is ignored.
    package func leave(_ note: String) {
        let bytes = Array(note.utf8)
        _ = ftruncate(descriptor.rawValue, 0)
        _ = pwrite(descriptor.rawValue, bytes, bytes.count, 0)
    }

    /// The note that the holder of the lock last left, or a part of it during a write; empty if there is none.
    package static func note(at path: FilePath) -> String {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec]) else {
            return ""
        }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = try? file.closeAfter { try buffer.withUnsafeMutableBytes { try file.read(into: $0) } }
        return String(decoding: buffer.prefix(count ?? 0), as: UTF8.self)
    }

    /// Releases the lock.
    ///
    /// - Parameter removesFile: also removes the file, so that files do not accumulate for all keys
    package func release(removesFile: Bool = false) {
        if removesFile { unlink(path.string) }
        close(descriptor.rawValue)
    }

    /// Whether it is a regular file without other names. It has no name if its last owner has removed it meanwhile.
    private static func isPlain(_ descriptor: FileDescriptor) -> Bool {
        var opened = stat()
        return fstat(descriptor.rawValue, &opened) == 0 && opened.st_mode & S_IFMT == S_IFREG && opened.st_nlink <= 1
    }

    private static func isSameFile(_ descriptor: FileDescriptor, _ path: FilePath) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor.rawValue, &opened) == 0 && stat(path.string, &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }
}
