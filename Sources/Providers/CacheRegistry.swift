package import Docker
package import Images
import Logging
package import Registry
package import SystemPackage

/// The registry behind a provider, as a lookup uses it: find a cache image, pull it, save one, move the fallback tag.
///
/// Queries go to the registry directly, and docker transfers layers. Both use the login that Docker stores. The first
/// operation ensures that there is one; concurrent operations share a single login. The queries of a hit run while
/// docker logs in, with the same credentials.
package actor CacheRegistry {
    /// The repository of the cache images.
    package nonisolated let repository: RepositoryName
    let provider: any Provider
    let docker: DockerClient
    let tools: ProviderTools
    let access: RegistryAccess
    private let progress: FileDescriptor
    var login: LoginState = .unknown
    var pendingLogin: PendingLogin?
    /// The way that yielded the credentials of requests sent while docker is still logging in with them.
    var shownWay: LoginWay?
    /// The number of logins that were renewed because the registry rejected them.
    var renewals = 0
    /// The ways that yielded a login that the registry rejected.
    var refused: Set<LoginWay> = []

    enum LoginState {
        case unknown
        /// `docker` is a login that Docker already had, including one from an earlier run.
        case lasting(LoginWay, endsAt: Int64)
        /// The login failed and is not tried again in this run.
        case failed(any Error)
    }

    /// - Parameter progress: receives docker's progress output
    package init(
        provider: any Provider,
        repository: RepositoryName,
        docker: DockerClient,
        access: RegistryAccess,
        tools: ProviderTools,
        progress: FileDescriptor
    ) {
        self.repository = repository
        self.provider = provider
        self.docker = docker
        self.access = access
        self.tools = tools
        self.progress = progress
    }

    // MARK: Queries

    /// Whether a registry that was unreachable before answers now. docker itself would wait much longer for it.
    package func answersAgain() async -> Bool {
        await access.answersAgain(repository)
    }

    /// The manifest that a tag names, byte for byte; nil if the registry does not have it. One request. Docker may
    /// still be logging in when this returns.
    ///
    /// Throws ``RegistryError`` if the request failed, and ``ProviderError`` or ``DockerError`` if no login succeeded.
    package func manifest(of reference: ImageReference) async throws -> FetchedManifest? {
        let reference = try RegistryReference(reference)
        return try await loggedIn(isEarly: true) { client async throws(RegistryError) in
            try await client.manifest(of: reference)
        }
    }

    /// The image for `platform` in a manifest, with its configuration; nil if there is none for it.
    ///
    /// Docker may still be logging in when this returns.
    ///
    /// - Parameter platform: nil for the first one
    package func image(in named: FetchedManifest, platform: Platform?) async throws -> RegistryImage? {
        let repository = repository
        return try await loggedIn(isEarly: true) { client async throws(RegistryError) in
            try await client.image(in: named, of: repository, platform: platform)
        }
    }

    /// The digest of the manifest that a tag names; nil if the registry does not have it. Docker is logged in when this
    /// returns.
    ///
    /// - Parameter isOptional: whether the registry may still be queried in this run if it does not answer now
    package func digest(of reference: ImageReference, isOptional: Bool = false) async throws -> Digest? {
        let reference = try RegistryReference(reference)
        return try await loggedIn { client async throws(RegistryError) in
            try await client.descriptor(of: reference, isOptional: isOptional)
        }?.digest
    }

    /// The manifest with that digest, byte for byte; nil if the registry does not have it.
    package func manifest(_ digest: Digest) async throws -> FetchedManifest? {
        let reference = try RegistryReference(repository: repository, digest: digest)
        return try await loggedIn { client async throws(RegistryError) in try await client.manifest(of: reference) }
    }

    /// Whether the registry has a manifest with that digest. One request, and Docker Hub does not count it as a pull.
    package func has(_ digest: Digest) async throws -> Bool {
        let reference = try RegistryReference(repository: repository, digest: digest)
        return try await loggedIn { client async throws(RegistryError) in try await client.descriptor(of: reference) }
            != nil
    }

    /// Points a tag at a manifest that is already in the repository. One request; nothing is pushed.
    package func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws {
        try await loggedIn { client async throws(RegistryError) in try await client.putTag(manifest, as: reference) }
    }

    /// Deletes a cache image, unless its tag names another digest by now, or other tags would be deleted too. Returns
    /// false if the tag still exists.
    package func delete(_ cacheImage: ImageReference, naming digest: Digest) async throws -> Bool {
        let deletion = try await access.client(for: repository)
            // A step waits for it.
            .delete(
                tags: [cacheImage.tag],
                expected: [cacheImage.tag: digest],
                from: repository,
                listLimit: .seconds(7)
            )
        return deletion.moved.isEmpty && deletion.groups.allSatisfy { $0.outcome == .deleted }
    }

    /// All tags of the repository; nil if the repository does not exist.
    package func tags() async throws -> [String]? {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in try await client.tags(of: repository) }
    }

    /// Deletes tags, but nothing that other tags need; see ``RegistryClient/delete(tags:expected:from:isRehearsal:)``.
    package func delete(
        _ tags: Set<String>,
        expected: [String: Digest],
        isRehearsal: Bool
    ) async throws -> TagDeletion {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in
            try await client.delete(tags: tags, expected: expected, from: repository, isRehearsal: isRehearsal)
        }
    }

    // MARK: Layers

    /// Pulls the image with that digest to the agent, even if its tag has moved since.
    package func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult {
        let (docker, repository, progress) = (docker, repository, progress)
        return try await withDockersLogin {
            try await docker.pull(repository, digest: digest, platform: platform, progress: progress)
        }
    }

    /// Pushes the image with the id `image` as `reference`. Creates the repository if the registry reports that it is
    /// missing.
    ///
    /// - Parameter limit: how long the push may take, even if it makes progress
    package func push(
        _ image: String,
        as reference: ImageReference,
        limit: Duration
    ) async throws -> DockerClient.PushResult {
        try await logIn()
        try await docker.tag(image, as: reference)
        do {
            let (docker, progress) = (docker, progress)
            return try await withDockersLogin { try await docker.push(reference, limit: limit, progress: progress) }
        } catch let error as DockerError {
            guard error.mayBeMissingRepository, try await provider.createRepository(repository, tools) else {
                throw error
            }
            tools.log.notice("Created the repository \(repository).")
            return try await docker.push(reference, limit: limit, progress: progress)
        }
    }

    /// Does the provider's maintenance of the repository after something was saved in it.
    package func maintain() async throws(ProviderError) {
        try await provider.maintain(repository, tools)
    }
}
