/// One entry of a context, for listings.
package struct ContextEntry: Sendable, Equatable {
    /// Relative to the root of the context, as bytes, `/` between names.
    package let path: [UInt8]
    package let type: ContextEntryType
    /// Permission bits with set-user-id (04000), set-group-id (02000) and sticky (01000).
    package let permissions: UInt16
    /// Of files, in bytes; otherwise 0.
    package let size: Int64
    /// Of the content of a file, the target of a link, or everything below a directory.
    package let digest: ContextDigest

    package init(path: [UInt8], type: ContextEntryType, permissions: UInt16, size: Int64, digest: ContextDigest) {
        self.path = path
        self.type = type
        self.permissions = permissions
        self.size = size
        self.digest = digest
    }
}
