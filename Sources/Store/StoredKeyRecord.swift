/// What the key of a lookup was made of, as the index keeps it to explain later ones.
package struct StoredKeyRecord: Equatable, Sendable {
    /// The pipeline of the lookup; nil outside of one.
    package var pipeline: String?
    /// The image's name, without a tag.
    package var image: String
    /// 40 hex digits.
    package var key: String
    /// The absolute path of the working directory of the last lookup with this key.
    package var directory: [UInt8]
    /// When that was, in milliseconds since 1970.
    package var seenAt: Int64
    /// In the format of whoever wrote it.
    package var record: [UInt8]

    package init(
        pipeline: String?,
        image: String,
        key: String,
        directory: [UInt8],
        seenAt: Int64,
        record: [UInt8]
    ) {
        self.pipeline = pipeline
        self.image = image
        self.key = key
        self.directory = directory
        self.seenAt = seenAt
        self.record = record
    }
}
