import CLibrary
import Files
import Store
package import SystemPackage

/// Sees to it that one gc runs on a host, and knows when the last one began.
///
/// It is a lock on a file beside the index, whose modification time is that moment: to see that nothing is due costs
/// one look at a file. The file is never removed.
package struct GarbageLock {
    private let lock: FileLock

    /// The file beside `index`, where that really is.
    package static func path(_ index: FilePath) -> FilePath { FilePath(Index.location(of: index).string + ".gc") }

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
        guard let lock = try FileLock.attempt(at: path(index)) else { return nil }
        // Another one may have been through since someone looked. A file without content is a new one.
        var state = stat()
        let isNew = fstat(lock.descriptor.rawValue, &state) == 0 && state.st_size == 0
        guard !isPast(isNew ? nil : lastRun(index)) else {
            lock.release()
            return nil
        }
        if isNew { _ = try? lock.descriptor.writeAll("gc\n".utf8) }
        let time = timespec(tv_sec: Int(now / 1000), tv_nsec: Int(now % 1000) * 1_000_000)
        _ = [time, time].withUnsafeBufferPointer { futimens(lock.descriptor.rawValue, $0.baseAddress) }
        return GarbageLock(lock: lock)
    }

    package func release() { lock.release() }
}
