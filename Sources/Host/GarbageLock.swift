import CLibrary
import Files
import Store
package import SystemPackage

/// Ensures that only one gc runs on a host, and records when the last one began.
///
/// It is a lock on a file beside the index. The file's modification time is that moment, so checking whether a gc is
/// due needs one stat. The file is never removed.
package struct GarbageLock {
    private let lock: FileLock

    /// The lock file beside `index`, with links resolved.
    package static func path(_ index: FilePath) -> FilePath { FilePath(Index.location(of: index).string + ".gc") }

    /// When the last gc began, in milliseconds since 1970; nil if there was none.
    package static func lastRun(_ index: FilePath) -> Int64? {
        var state = stat()
        guard stat(path(index).string, &state) == 0 else { return nil }
        return Int64(state.st_mtim.tv_sec) * 1000 + Int64(state.st_mtim.tv_nsec) / 1_000_000
    }

    /// Takes the lock and records the time. Nil if another gc has it.
    ///
    /// - Parameters:
    ///   - isPast: called with the lock held and the time when the last gc began; returns true to do nothing
    ///   - now: milliseconds since 1970
    package static func take(
        _ index: FilePath,
        unless isPast: (Int64?) -> Bool = { _ in false },
        now: Int64
    ) throws(Errno) -> GarbageLock? {
        guard let lock = try FileLock.attempt(at: path(index)) else { return nil }
        // Another process may have finished a gc meanwhile. A file without content is new.
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
