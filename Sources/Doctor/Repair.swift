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
