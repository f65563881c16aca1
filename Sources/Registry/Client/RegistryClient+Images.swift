import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// The image that `reference` names, for `platform`. Nil if it does not exist, or not for that platform.
    ///
    /// Takes two requests, for the manifest and the configuration, and one more for each index. The content of each is
    /// checked against its digest. An image outside an index is accepted whatever platform it is for, as Docker does;
    /// see ``ImageConfiguration/platform``.
    package func image(
        _ reference: RegistryReference,
        platform: Platform
    ) async throws(RegistryError) -> RegistryImage? {
        try await operation { deadline async throws(RegistryError) in
            let repository = reference.repository
            guard let named = try await fetch(repository, reference.target, before: deadline) else { return nil }
            return try await image(in: named, repository, platform, before: deadline)
        }
    }

    /// The image for `platform` in the manifest or index that a reference named, which saves the first request. Without
    /// a platform, this is the first image of the index.
    package func image(
        in named: FetchedManifest,
        of repository: RepositoryName,
        platform: Platform?
    ) async throws(RegistryError) -> RegistryImage? {
        try await operation { deadline async throws(RegistryError) in
            try await image(in: named, repository, platform, before: deadline)
        }
    }

    private func image(
        in named: FetchedManifest,
        _ repository: RepositoryName,
        _ platform: Platform?,
        before deadline: Deadline
    ) async throws(RegistryError) -> RegistryImage? {
        guard let fetched = try await manifest(in: named, repository, platform, before: deadline) else { return nil }
        let manifest = try read(fetched, repository) { fetched throws(ContentError) in
            try Manifest(parsing: fetched.bytes, as: fetched.mediaType)
        }
        guard manifest.configuration.mediaType.isImageConfiguration else {
            let error = ContentError.unknownType(manifest.configuration.mediaType)
            throw try malformed(fetched, repository, error)
        }
        let configuration = try await configuration(manifest.configuration, repository, before: deadline)
        return RegistryImage(
            named: named,
            manifestDigest: fetched.digest,
            manifest: manifest,
            configuration: configuration
        )
    }

    /// The maximum number of nested indexes.
    private static let depth = 3

    private func manifest(
        in named: FetchedManifest,
        _ repository: RepositoryName,
        _ platform: Platform?,
        before deadline: Deadline
    ) async throws(RegistryError) -> FetchedManifest? {
        var current = named
        for _ in 0..<Self.depth {
            guard current.mediaType.isIndex else { return current }
            let index = try read(current, repository) { fetched throws(ContentError) in
                try ImageIndex(parsing: fetched.bytes, as: fetched.mediaType)
            }
            let part = platform.map { index.manifest(for: $0) } ?? index.images.first
            guard let next = part else { return nil }
            guard let fetched = try await fetch(repository, next.digest.description, before: deadline) else {
                throw invalid(
                    .notFound,
                    try manifestRequest(.GET, repository, next.digest.description),
                    "the index \(current.digest) names it"
                )
            }
            current = fetched
        }
        guard !current.mediaType.isIndex else {
            throw invalid(
                .invalidContent,
                try manifestRequest(.GET, repository, current.digest.description),
                "more than \(Self.depth) indexes lie within each other"
            )
        }
        return current
    }

    private func configuration(
        _ descriptor: Descriptor,
        _ repository: RepositoryName,
        before deadline: Deadline
    ) async throws(RegistryError) -> ImageConfiguration {
        let bytes = try await blob(
            descriptor,
            repository,
            as: "the image's configuration",
            limit: settings.configurationLimit,
            before: deadline
        )
        do throws(ContentError) {
            return try ImageConfiguration(parsing: bytes)
        } catch {
            throw invalid(.invalidContent, try blobRequest(descriptor, repository, limit: 0), "\(error)")
        }
    }

    /// The content of a blob that a manifest names, checked against its digest.
    ///
    /// - Parameters:
    ///   - role: the blob's role in the manifest, for messages
    ///   - limit: the maximum size in bytes; throws ``RegistryError/Reason/invalidContent`` if it is exceeded
    func blob(
        _ descriptor: Descriptor,
        _ repository: RepositoryName,
        as role: String,
        limit: Int,
        before deadline: Deadline
    ) async throws(RegistryError) -> [UInt8] {
        let request = try blobRequest(descriptor, repository, limit: limit)
        guard descriptor.size <= Int64(limit) else {
            throw invalid(.invalidContent, request, "it is said to be \(descriptor.size) bytes long")
        }
        guard let response = try await connection.ask(request, before: deadline) else {
            throw invalid(.notFound, request, "the manifest names it as \(role)")
        }
        let digest = Digest(of: response.body)
        guard digest == descriptor.digest else {
            throw invalid(.invalidContent, request, "its digest is \(digest)")
        }
        return response.body
    }

    private func blobRequest(
        _ descriptor: Descriptor,
        _ repository: RepositoryName,
        limit: Int
    ) throws(RegistryError) -> RegistryRequest {
        RegistryRequest(
            target: .path(try path(repository, "blobs/\(descriptor.digest)")),
            scope: .pull(Self.name(in: repository)),
            bodyLimit: limit
        )
    }

    func read<Content>(
        _ fetched: FetchedManifest,
        _ repository: RepositoryName,
        _ parse: (FetchedManifest) throws(ContentError) -> Content
    ) throws(RegistryError) -> Content {
        do throws(ContentError) {
            return try parse(fetched)
        } catch {
            throw try malformed(fetched, repository, error)
        }
    }

    private func malformed(
        _ fetched: FetchedManifest,
        _ repository: RepositoryName,
        _ error: ContentError
    ) throws(RegistryError) -> RegistryError {
        let request = try manifestRequest(.GET, repository, fetched.digest.description)
        return invalid(.invalidContent, request, "\(error)")
    }
}
