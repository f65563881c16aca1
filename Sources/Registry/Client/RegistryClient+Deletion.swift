package import Images
import NIOHTTP1

extension RegistryClient {
    /// Deletes a manifest, and with it every tag that names it. False if it is not there.
    ///
    /// Throws ``RegistryError/Reason/unsupported`` where the registry does not allow it.
    package func delete(_ digest: Digest, from repository: RepositoryName) async throws(RegistryError) -> Bool {
        try await operation { deadline async throws(RegistryError) in
            let request = RegistryRequest(
                method: .DELETE,
                target: .path(try path(repository, "manifests/\(digest)")),
                scope: .delete(Self.name(in: repository)),
                bodyLimit: settings.errorLimit
            )
            return try await connection.ask(request, before: deadline) != nil
        }
    }

    /// Deletes `tags` of `repository`, and nothing that other tags need.
    ///
    /// Each tag of the repository is asked for, as an operation of its own: with many tags this takes long. A tag that
    /// somebody puts on one of the manifests in the meantime is lost: registries know no condition on a deletion.
    package func delete(tags: Set<String>, from repository: RepositoryName) async throws(RegistryError) -> TagDeletion {
        let listed = Set(try await self.tags(of: repository) ?? [])
        var named: [Digest: [String]] = [:]
        var others: [Digest: [String]] = [:]
        for tag in listed.sorted() where !tags.isDisjoint(with: listed) {
            guard let descriptor = try await descriptor(of: self.reference(repository, tag: tag)) else { continue }
            if tags.contains(tag) {
                named[descriptor.digest, default: []].append(tag)
            } else {
                others[descriptor.digest, default: []].append(tag)
                // A manifest that was named may be one platform of an image that was not.
                guard descriptor.mediaType.isIndex else { continue }
                for part in try await parts(of: descriptor.digest, repository) {
                    others[part, default: []].append(tag)
                }
            }
        }
        var groups: [TagDeletion.Group] = []
        for (digest, tags) in named.sorted(by: { ($0.value.first ?? "") < ($1.value.first ?? "") }) {
            let outcome = await delete(digest, from: repository, unlessIn: others)
            groups.append(TagDeletion.Group(digest: digest, tags: tags, outcome: outcome))
        }
        let present = Set(groups.flatMap(\.tags))
        return TagDeletion(groups: groups, absent: tags.subtracting(present).sorted())
    }

    private func delete(
        _ digest: Digest,
        from repository: RepositoryName,
        unlessIn others: [Digest: [String]]
    ) async -> TagDeletion.Outcome {
        if let sharers = others[digest] { return .shared(with: Set(sharers).sorted()) }
        do throws(RegistryError) {
            _ = try await delete(digest, from: repository)
            return .deleted
        } catch {
            return .failed(error)
        }
    }

    /// The digests that an index names.
    private func parts(of digest: Digest, _ repository: RepositoryName) async throws(RegistryError) -> [Digest] {
        guard let fetched = try await manifest(of: reference(repository, digest: digest)) else { return [] }
        let index = try read(fetched, repository) { fetched throws(ContentError) in
            try ImageIndex(parsing: fetched.bytes, as: fetched.mediaType)
        }
        return index.manifests.map(\.digest)
    }

    private func reference(
        _ repository: RepositoryName,
        tag: String? = nil,
        digest: Digest? = nil
    ) throws(RegistryError) -> RegistryReference {
        do throws(NameError) {
            return try RegistryReference(repository: repository, tag: tag, digest: digest)
        } catch {
            throw RegistryError(.unsupported, host: endpoint.name, request: "\(repository)", words: "\(error)")
        }
    }
}
