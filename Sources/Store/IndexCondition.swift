/// What there is to say of an index that was looked at and left as it was.
package struct IndexCondition: Equatable, Sendable {
    /// The number of the newest migration that was applied to it.
    package let version: Int64
    /// The number that this program would bring it to.
    package let knownVersion: Int64
    /// On the disk, with what has yet to be moved from the log into the file.
    package let bytes: Int64
    /// What a check of the whole file found wrong, as SQLite puts it; nil where it found nothing.
    package let damage: String?

    package init(version: Int64, knownVersion: Int64, bytes: Int64, damage: String?) {
        self.version = version
        self.knownVersion = knownVersion
        self.bytes = bytes
        self.damage = damage
    }
}
