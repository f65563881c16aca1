import Store
package import Garbage
package import SystemPackage

/// What can be mended without anybody's leave: nothing that others need is lost.
package enum Repair: Equatable, Sendable {
    /// Gives these to their owner alone.
    case restrict([GuardedFile])
    /// Moves a damaged index aside and begins a new one.
    case replaceIndex(FilePath)
    /// Removes what builds that were killed have left behind.
    case remove([LeftoverFile])
}

extension Repair {
    /// Mends it, and says what was done.
    ///
    /// - Parameter now: milliseconds since 1970
    package func carryOut(now: Int64) throws -> String {
        switch self {
        case .restrict(let files):
            for file in files { try file.restrict() }
            return "Mended: \(files.map(\.path.string).joined(separator: ", ")) got the right permissions."
        case .replaceIndex(let path):
            let opened = try Index.open(at: path, now: now)
            // Damage that opening does not meet is left to whoever found it.
            guard let notice = try opened.notice ?? opened.index.moveAside(now: now) else {
                return "Another process has replaced it meanwhile."
            }
            if opened.notice == nil { _ = try Index.open(at: path, now: now) }
            return "Mended: \(notice)"
        case .remove(let files):
            let gone = try files.count { try $0.remove() }
            return "Mended: removed \(gone) of \(files.count)."
        }
    }
}
