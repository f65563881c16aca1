import CLibrary
package import SystemPackage

/// Sees to it that one process a host builds the image of a key.
///
/// It is a `flock` on a file beside the index: the kernel lets go of it when its owner ends, however it ends, so
/// that a killed builder frees the others at once. The file itself means nothing, and is removed by the owner.
package struct KeyLock: Sendable {
    private let descriptor: FileDescriptor
    private let path: FilePath

    /// How an attempt to take the lock ended.
    package enum Attempt {
        case taken(KeyLock)
        /// Another process has it.
        case heldByAnother
    }

    /// Tries to take the lock, without waiting.
    ///
    /// Throws `Errno` where no lock can be had at all: the directory cannot be written, or locks are not supported.
    package static func attempt(at path: FilePath) throws(Errno) -> Attempt {
        while true {
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(
                    path,
                    .readWrite,
                    options: [.create, .closeOnExec],
                    permissions: [.ownerRead, .ownerWrite]
                )
            } catch {
                throw error as? Errno ?? .ioError
            }
            guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                let reason = Errno(rawValue: errno)
                close(descriptor.rawValue)
                if reason == .interrupted { continue }
                if reason == .wouldBlock { return .heldByAnother }
                throw reason
            }
            // The owner before may have removed the file between our opening and our locking it. Then this is a lock
            // on a file that nobody else can find, and worth nothing.
            if isSameFile(descriptor, path) { return .taken(KeyLock(descriptor: descriptor, path: path)) }
            close(descriptor.rawValue)
        }
    }

    /// Lets go of the lock.
    package func release() {
        unlink(path.string)
        close(descriptor.rawValue)
    }

    private static func isSameFile(_ descriptor: FileDescriptor, _ path: FilePath) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor.rawValue, &opened) == 0 && stat(path.string, &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }
}
