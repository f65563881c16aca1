import CLibrary
package import SystemPackage

/// Sees to it that one gc runs on a host, and knows when the last one began.
///
/// It is a `flock` on a file beside the index, whose modification time is that moment: to see that nothing is due costs
/// one look at a file. The file is never removed, since that would give two processes a lock each.
package struct GarbageLock {
    private let descriptor: FileDescriptor

    /// The file beside `index`.
    package static func path(_ index: FilePath) -> FilePath { FilePath(index.string + ".gc") }

    /// When the last gc began, in milliseconds since 1970; nil if there was none.
    package static func lastRun(_ index: FilePath) -> Int64? {
        var state = stat()
        guard stat(path(index).string, &state) == 0 else { return nil }
        return Int64(state.st_mtim.tv_sec) * 1000 + Int64(state.st_mtim.tv_nsec) / 1_000_000
    }

    /// Takes the lock and notes the time. Nil if another gc has it.
    ///
    /// - Parameters:
    ///   - isPast: asked, with the lock held, about when the last gc began; true for leaving it at that
    ///   - now: milliseconds since 1970
    package static func take(
        _ index: FilePath,
        unless isPast: (Int64?) -> Bool = { _ in false },
        now: Int64
    ) throws(Errno) -> GarbageLock? {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                path(index),
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
            if reason == .wouldBlock { return nil }
            throw reason
        }
        // Another one may have been through since somebody looked. A file without content is a new one.
        var state = stat()
        let isNew = fstat(descriptor.rawValue, &state) == 0 && state.st_size == 0
        guard !isPast(isNew ? nil : lastRun(index)) else {
            close(descriptor.rawValue)
            return nil
        }
        if isNew { _ = try? descriptor.writeAll("gc\n".utf8) }
        let time = timespec(tv_sec: Int(now / 1000), tv_nsec: Int(now % 1000) * 1_000_000)
        _ = [time, time].withUnsafeBufferPointer { futimens(descriptor.rawValue, $0.baseAddress) }
        return GarbageLock(descriptor: descriptor)
    }

    package func release() {
        close(descriptor.rawValue)
    }
}
