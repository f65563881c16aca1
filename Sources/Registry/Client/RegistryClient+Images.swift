import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// The image that `reference` names, for `platform`. Nil if it is not there, or not for that platform.
    ///
    /// Two requests, with an index three: the manifest, that of the platform, and the configuration, each held to its
    /// digest. An image that is in no index is taken whatever platform it says it is for, as Docker does;
    /// ``ImageConfiguration/platform`` tells.
    package func image(
        _ reference: RegistryReference,
        platform: Platform
    ) async throws(RegistryError) -> RegistryImage? {
        try await operation { deadline async throws(RegistryError) in
            let repository = reference.repository
            guard let named = try await fetch(repository, reference.target, before: deadline) else { return nil }
            guard let fetched = try await manifest(in: named, repository, platform, before: deadline) else {
                return nil
            }
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
    }

    /// How many indexes may lie within each other.
    private static let depth = 3

    private func manifest(
        in named: FetchedManifest,
        _ repository: RepositoryName,
        _ platform: Platform,
        before deadline: Deadline
    ) async throws(RegistryError) -> FetchedManifest? {
        var current = named
        for _ in 0..<Self.depth {
            guard current.mediaType.isIndex else { return current }
            let index = try read(current, repository) { fetched throws(ContentError) in
                try ImageIndex(parsing: fetched.bytes, as: fetched.mediaType)
            }
            guard let next = index.manifest(for: platform) else { return nil }
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
        let request = RegistryRequest(
            target: .path(try path(repository, "blobs/\(descriptor.digest)")),
            scope: .pull(Self.name(in: repository)),
            bodyLimit: settings.configurationLimit
        )
        guard descriptor.size <= Int64(settings.configurationLimit) else {
            throw invalid(.invalidContent, request, "it is said to be \(descriptor.size) bytes long")
        }
        guard let response = try await connection.ask(request, before: deadline) else {
            throw invalid(.notFound, request, "the manifest names it as the image's configuration")
        }
        let digest = Digest(of: response.body)
        guard digest == descriptor.digest else {
            throw invalid(.invalidContent, request, "its digest is \(digest)")
        }
        do throws(ContentError) {
            return try ImageConfiguration(parsing: response.body)
        } catch {
            throw invalid(.invalidContent, request, "\(error)")
        }
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
