/// What the index remembers of a base image.
package struct BaseImageRecord: Equatable, Sendable {
    /// As the Dockerfile names it.
    package var reference: String
    /// The platform that was asked for, such as `linux/amd64`.
    package var platform: String
    /// When it was asked for, in milliseconds since 1970.
    package var learnedAt: Int64
    /// What the registry had under the reference (`sha256:…`); nil if the daemon had the image.
    package var digest: String?
    /// Whether it has `ONBUILD` triggers; nil if nobody could be asked.
    package var hasTriggers: Bool?
    /// The names that its environment sets.
    package var variables: [String]

    package init(
        reference: String,
        platform: String,
        learnedAt: Int64,
        digest: String?,
        hasTriggers: Bool?,
        variables: [String]
    ) {
        self.reference = reference
        self.platform = platform
        self.learnedAt = learnedAt
        self.digest = digest
        self.hasTriggers = hasTriggers
        self.variables = variables
    }
}
