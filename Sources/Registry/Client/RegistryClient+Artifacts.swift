import HTTP
package import Images

extension RegistryClient {
    /// Stores `artifact` under the tag of `reference`. Takes three requests, and one or two more for the empty
    /// configuration.
    ///
    /// Throws ``RegistryError/Reason/immutableTag`` if the tag exists and may not be moved, and
    /// ``RegistryError/Reason/unsupported`` if the registry does not store artifacts.
    ///
    /// - Parameter hasConfiguration: whether the repository is known to have the empty configuration
    package func put(
        _ artifact: Artifact,
        as reference: ImageReference,
        hasConfiguration: Bool
    ) async throws(RegistryError) {
        let manifest = FetchedManifest(bytes: artifact.manifest, mediaType: .imageManifest)
        try await operation(isOptional: true) { deadline async throws(RegistryError) in
            if !hasConfiguration { try await uploadConfiguration(to: reference.repository, before: deadline) }
            try await upload(artifact.content, to: reference.repository, mayBeThere: false, before: deadline)
            do throws(RegistryError) {
                try await put(manifest, as: reference, before: deadline)
            } catch  where hasConfiguration && error.mayBeMissingBlob {
                // The configuration may have been removed since.
                try await uploadConfiguration(to: reference.repository, before: deadline)
                try await put(manifest, as: reference, before: deadline)
            }
        }
    }

    private func uploadConfiguration(
        to repository: RepositoryName,
        before deadline: Deadline
    ) async throws(RegistryError) {
        try await upload(Artifact.emptyConfiguration, to: repository, mayBeThere: true, before: deadline)
    }

    /// The content of the artifact under the tag of `reference`. Nil if it does not exist, or is not an artifact of
    /// that type. Takes two requests.
    ///
    /// - Parameter limit: the maximum size in bytes; throws ``RegistryError/Reason/invalidContent`` if it is exceeded
    package func artifact(
        _ reference: ImageReference,
        type: MediaType,
        limit: Int
    ) async throws(RegistryError) -> [UInt8]? {
        try await operation(isOptional: true) { deadline async throws(RegistryError) in
            let repository = reference.repository
            guard let fetched = try await fetch(repository, reference.tag, before: deadline) else { return nil }
            let manifest = try read(fetched, repository) { fetched throws(ContentError) in
                try ArtifactManifest(parsing: fetched.bytes, as: fetched.mediaType)
            }
            guard let manifest, manifest.type == type else { return nil }
            return try await blob(manifest.layer, repository, as: "its layer", limit: limit, before: deadline)
        }
    }
}

extension RegistryError {
    /// Whether a manifest may have been refused because part of it is missing (`MANIFEST_BLOB_UNKNOWN`; docker-registry
    /// answers 404, other registries 400).
    fileprivate var mayBeMissingBlob: Bool { [.notFound, .refused, .unsupported].contains(reason) }
}
