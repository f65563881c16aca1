/// A directory whose files have been hashed.
package struct Checkout: Equatable, Sendable {
    package var id: Int64
    /// The absolute path of the context's root, as bytes.
    package var path: [UInt8]
    /// Milliseconds since 1970, up to an hour too early.
    package var lastUsedAt: Int64

    package init(id: Int64, path: [UInt8], lastUsedAt: Int64) {
        self.id = id
        self.path = path
        self.lastUsedAt = lastUsedAt
    }
}
