import Formatting
package import SystemPackage

extension Index {
    /// Whether `name` is that of a damaged index, or of a file beside it, that ``moveAside(now:)`` or opening has given
    /// a name with a time before `time`.
    /// - Parameters:
    ///   - path: where the index is.
    ///   - time: milliseconds since 1970.
    package static func isMovedAside(_ name: String, of path: FilePath, before time: Int64) -> Bool {
        let prefix = (path.lastComponent?.string ?? "") + ".corrupt-"
        guard name.hasPrefix(prefix) else { return false }
        // `20261123T184500Z`: of texts of this form the earlier is the smaller.
        let stamp = String(name.dropFirst(prefix.count).prefix(16))
        let isStamp = stamp.utf8.count == 16 && stamp.hasSuffix("Z")
        return isStamp && stamp < Timestamp.compactText(time)
    }
}
