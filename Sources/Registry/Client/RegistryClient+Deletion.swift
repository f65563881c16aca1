import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// Deletes a manifest, and with it every tag that names it. Returns false if it does not exist.
    ///
    /// Throws ``RegistryError/Reason/unsupported`` if the registry does not allow it.
    package func delete(_ digest: Digest, from repository: RepositoryName) async throws(RegistryError) -> Bool {
        try await remove(digest.description, from: repository)
    }

    /// - Parameter target: a digest or a tag. Few registries delete by tag.
    private func remove(_ target: String, from repository: RepositoryName) async throws(RegistryError) -> Bool {
        try await operation { deadline async throws(RegistryError) in
            let request = RegistryRequest(
                method: .DELETE,
                target: .path(try path(repository, "manifests/\(target)")),
                scope: .delete(Self.name(in: repository)),
                bodyLimit: settings.errorLimit
            )
            return try await connection.ask(request, before: deadline) != nil
        }
    }

    /// Deletes `tags` of `repository`, but nothing that other tags need.
    ///
    /// Queries each tag of the repository in a separate operation, which takes long if there are many. A tag that is
    /// put on one of the manifests meanwhile is lost, because registries do not support conditional deletion.
    ///
    /// - Parameters:
    ///   - expected: the digests that tags had when it was decided to delete them. A tag that has another one by now,
    ///     because an agent renewed its image, stays
    ///   - listLimit: the time after which no further page of the tag list is requested; nil for none
    ///   - isRehearsal: whether to delete nothing; ``TagDeletion/Outcome/deleted`` then marks what would be deleted
    package func delete(
        tags: Set<String>,
        expected: [String: Digest] = [:],
        from repository: RepositoryName,
        listLimit: Duration? = nil,
        isRehearsal: Bool = false
    ) async throws(RegistryError) -> TagDeletion {
        let listed = try await self.tags(of: repository, within: listLimit) ?? []
        guard !tags.isDisjoint(with: listed) else { return TagDeletion(groups: [], absent: tags.sorted()) }
        var named: [Digest: [String]] = [:]
        var others: [Digest: Set<String>] = [:]
        var moved: [String] = []
        for (tag, descriptor) in try await descriptors(of: listed, in: repository) {
            let isExpected = expected[tag].map { $0 == descriptor.digest } ?? true
            if tags.contains(tag), !isExpected { moved.append(tag) }
            guard !tags.contains(tag) || !isExpected else {
                named[descriptor.digest, default: []].append(tag)
                continue
            }
            others[descriptor.digest, default: []].insert(tag)
            // A manifest to delete may be one platform of an image that stays.
            guard descriptor.mediaType.isIndex else { continue }
            for part in try await parts(of: descriptor.digest, repository) {
                others[part, default: []].insert(tag)
            }
        }
        var groups: [TagDeletion.Group] = []
        for (digest, tags) in named.sorted(by: { ($0.value.first ?? "") < ($1.value.first ?? "") }) {
            let outcome =
                if let sharers = others[digest] {
                    TagDeletion.Outcome.shared(with: sharers.sorted())
                } else if isRehearsal {
                    TagDeletion.Outcome.deleted
                } else {
                    await outcome(ofDeleting: digest, under: tags, from: repository)
                }
            groups.append(TagDeletion.Group(digest: digest, tags: tags, outcome: outcome))
        }
        let present = Set(groups.flatMap(\.tags))
        return TagDeletion(
            groups: groups,
            absent: tags.subtracting(present).subtracting(moved).sorted(),
            moved: moved.sorted()
        )
    }

    private func outcome(
        ofDeleting digest: Digest,
        under tags: [String],
        from repository: RepositoryName
    ) async -> TagDeletion.Outcome {
        do throws(RegistryError) {
            do throws(RegistryError) {
                _ = try await delete(digest, from: repository)
            } catch  where error.words.contains("GOOGLE_MANIFEST_DANGLING_TAG") {
                // Google's Artifact Registry does not delete a manifest that has a tag.
                for tag in tags { _ = try await remove(tag, from: repository) }
                _ = try await delete(digest, from: repository)
            }
            return .deleted
        } catch {
            return .failed(error)
        }
    }

    /// The number of tags that are queried at a time.
    private static let width = 8

    /// The descriptors of `tags`, in their order. Tags that were removed since they were listed are left out.
    private func descriptors(
        of tags: [String],
        in repository: RepositoryName
    ) async throws(RegistryError) -> [(tag: String, descriptor: Descriptor)] {
        let references = try tags.map { tag throws(RegistryError) in try reference(repository, tag: tag) }
        let results = await withTaskGroup(of: NumberedDescriptor.self) { tasks in
            var waiting = references.enumerated().makeIterator()
            var results: [Int: Result<Descriptor?, RegistryError>] = [:]
            var isStopped = false
            func startNext() {
                guard !isStopped, let (position, reference) = waiting.next() else { return }
                tasks.addTask {
                    let result = await self.descriptorResult(of: reference)
                    return NumberedDescriptor(position: position, result: result)
                }
            }
            for _ in 0..<Self.width { startNext() }
            while let next = await tasks.next() {
                results[next.position] = next.result
                if case .failure = next.result { isStopped = true }
                startNext()
            }
            return results
        }
        var found: [(tag: String, descriptor: Descriptor)] = []
        for (position, result) in results.sorted(by: { $0.key < $1.key }) {
            if let descriptor = try result.get() { found.append((tags[position], descriptor)) }
        }
        return found
    }

    private struct NumberedDescriptor: Sendable {
        let position: Int
        let result: Result<Descriptor?, RegistryError>
    }

    private func descriptorResult(of reference: RegistryReference) async -> Result<Descriptor?, RegistryError> {
        do throws(RegistryError) {
            return .success(try await descriptor(of: reference))
        } catch {
            return .failure(error)
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
