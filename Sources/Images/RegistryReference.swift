/// The name of an image or artifact in a registry, as in a `FROM` line or `docker pull`.
///
/// Parsed as by Docker (the distribution project's `reference.ParseNormalizedNamed`). A name without a host is on
/// Docker Hub, where a name without a slash is in `library/`. A name without tag and digest means `latest`. `scratch`
/// is not such a name and must be handled beforehand.
package struct RegistryReference: Hashable, Sendable, CustomStringConvertible {
    /// The repository, always with a host.
    package let repository: RepositoryName
    /// Nil only if there is a digest.
    package let tag: String?
    /// If there are both a tag and a digest, Docker uses the digest and ignores the tag.
    package let digest: Digest?

    /// Docker Hub's name in references.
    package static let defaultHost = "docker.io"

    /// Whether the registry is Docker Hub.
    package var isOnDockerHub: Bool { repository.host == Self.defaultHost }

    /// The whole name, such as `docker.io/library/alpine:3.20`.
    package var description: String {
        "\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The identifier of the manifest within the repository: the digest, otherwise the tag.
    package var target: String { digest?.description ?? tag ?? "latest" }

    /// Parses a name such as `alpine`, `team/app:1.2` or `localhost:5000/app:1.2@sha256:…`.
    package init(_ text: String) throws(NameError) {
        guard !text.isEmpty else { throw .empty }
        var name = Substring(text)
        var digest: Digest?
        if let at = text.firstIndex(of: "@") {
            let digits = String(text[text.index(after: at)...])
            guard let read = Digest(digits) else { throw .malformedDigest(digits) }
            digest = read
            name = text[..<at]
        }
        var tag: String?
        // A colon before the last slash belongs to a port.
        let lastComponent = name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex
        if let colon = name[lastComponent...].firstIndex(of: ":") {
            tag = String(name[name.index(after: colon)...])
            name = name[..<colon]
        }
        // Only a string of exactly 64 hex digits could be mistaken for an image's id. With a tag it is a name.
        let looksLikeIdentifier = text.utf8.count == 64 && text.utf8.allSatisfy(\.isHexDigit)
        guard !looksLikeIdentifier else { throw .looksLikeIdentifier }
        try self.init(repository: Self.repository(name), tag: tag, digest: digest)
    }

    /// The manifest under `tag` or `digest`, otherwise under `latest`, in `repository`. A repository without a host is
    /// on Docker Hub.
    package init(repository: RepositoryName, tag: String? = nil, digest: Digest? = nil) throws(NameError) {
        if let tag {
            guard ImageReference.isWellFormed(tag: tag) else { throw .malformedTag(tag) }
        }
        self.repository = try repository.normalized()
        self.tag = tag ?? (digest == nil ? "latest" : nil)
        self.digest = digest
    }

    /// The image that `docker pull` would fetch for this reference.
    package init(_ reference: ImageReference) throws(NameError) {
        try self.init(repository: reference.repository, tag: reference.tag)
    }

    /// Splits host and path. In addition to ``RepositoryName/isHost(_:)``, Docker here treats a first component with
    /// capital letters as a host, because it could not be anything else.
    private static func repository(_ name: Substring) throws(NameError) -> RepositoryName {
        guard let slash = name.firstIndex(of: "/") else {
            return try RepositoryName(host: defaultHost, path: String(name))
        }
        let first = name[..<slash]
        guard RepositoryName.isHost(first) || first.lowercased() != first else {
            return try RepositoryName(host: defaultHost, path: String(name))
        }
        return try RepositoryName(host: String(first), path: String(name[name.index(after: slash)...]))
    }
}

extension RepositoryName {
    /// The same repository with an explicit host, in Docker's form for Docker Hub: `alpine` becomes
    /// `docker.io/library/alpine`, and so does `index.docker.io/alpine`.
    package func normalized() throws(NameError) -> RepositoryName {
        let host = host ?? RegistryReference.defaultHost
        guard host == RegistryReference.defaultHost || host == "index.docker.io" else { return self }
        return try RepositoryName(
            host: RegistryReference.defaultHost,
            path: path.contains("/") ? path : "library/\(path)"
        )
    }
}
