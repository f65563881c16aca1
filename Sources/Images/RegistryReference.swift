/// Anything that a registry may be asked for by name: what a `FROM` line or `docker pull` may say.
///
/// Read as Docker reads it (the distribution project's `reference.ParseNormalizedNamed`): without a host it is on
/// Docker Hub, there without a further slash it is in `library/`, and without tag and digest it is `latest`. `scratch`
/// is no such name, and has to be told apart before.
package struct RegistryReference: Hashable, Sendable, CustomStringConvertible {
    /// The repository, always with a host.
    package let repository: RepositoryName
    /// Nil only where there is a digest.
    package let tag: String?
    /// Where there is both a tag and a digest, Docker takes the digest and ignores the tag.
    package let digest: Digest?

    /// Docker Hub's name in references.
    package static let defaultHost = "docker.io"

    /// Whether its registry is Docker Hub.
    package var isOnDockerHub: Bool { repository.host == Self.defaultHost }

    /// The whole name, such as `docker.io/library/alpine:3.20`.
    package var description: String {
        "\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// What names the manifest within the repository: the digest, else the tag.
    package var target: String { digest?.description ?? tag ?? "latest" }

    /// Reads a name such as `alpine`, `team/app:1.2` or `localhost:5000/app:1.2@sha256:…`.
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
        // Only a text that is nothing but 64 hex digits could be taken for an image's id; with a tag it is a name.
        let looksLikeIdentifier = text.utf8.count == 64 && text.utf8.allSatisfy(\.isHexDigit)
        guard !looksLikeIdentifier else { throw .looksLikeIdentifier }
        try self.init(repository: Self.repository(name), tag: tag, digest: digest)
    }

    /// The manifest under `tag` or `digest`, or under `latest`, in `repository`, which is on Docker Hub if it has no
    /// host.
    package init(repository: RepositoryName, tag: String? = nil, digest: Digest? = nil) throws(NameError) {
        if let tag {
            guard ImageReference.isWellFormed(tag: tag) else { throw .malformedTag(tag) }
        }
        self.repository = try repository.normalized()
        self.tag = tag ?? (digest == nil ? "latest" : nil)
        self.digest = digest
    }

    /// The image that `docker pull` would fetch by that reference.
    package init(_ reference: ImageReference) throws(NameError) {
        try self.init(repository: reference.repository, tag: reference.tag)
    }

    /// Splits host and path. Besides what ``RepositoryName/isHost(_:)`` says, Docker takes a first component with
    /// capital letters for a host here: it could be nothing else.
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
    /// The same repository with its host written out, as Docker does it for Docker Hub: `alpine` is
    /// `docker.io/library/alpine`, and so is `index.docker.io/alpine`.
    package func normalized() throws(NameError) -> RepositoryName {
        let host = host ?? RegistryReference.defaultHost
        guard host == RegistryReference.defaultHost || host == "index.docker.io" else { return self }
        return try RepositoryName(
            host: RegistryReference.defaultHost,
            path: path.contains("/") ? path : "library/\(path)"
        )
    }
}
