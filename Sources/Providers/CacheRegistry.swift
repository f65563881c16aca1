package import Docker
package import Images
import Logging
package import Registry
package import SystemPackage

/// The registry behind a provider, as a lookup uses it: find a cache image, pull it, save one, move the fallback tag.
///
/// Questions go to the registry directly; what moves layers is done by docker. Both use the login that Docker keeps,
/// and before the first of these it is made sure that there is one: once, however many ask at the same time. The
/// questions of a hit are asked while docker logs in, with what it was given for that.
package actor CacheRegistry {
    /// Where cache images live.
    package nonisolated let repository: RepositoryName
    let provider: any Provider
    let docker: DockerClient
    let tools: ProviderTools
    let access: RegistryAccess
    private let progress: FileDescriptor
    var login: LoginState = .unknown
    var pendingLogin: PendingLogin?
    /// The way that gave what the registry is asked with while docker logs in with the same.
    var shownWay: LoginWay?
    /// How many logins refusals have cost.
    var renewals = 0
    /// What the registry did not accept.
    var refused: Set<LoginWay> = []

    enum LoginState {
        case unknown
        /// `docker` is what Docker had, from an earlier run too.
        case lasting(LoginWay, endsAt: Int64)
        /// Not tried again in this run.
        case failed(any Error)
    }

    /// - Parameter progress: where docker's own progress goes
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

    // MARK: Questions

    /// Whether the registry, which could not be asked before, answers by now: docker would wait for it much longer.
    package func answersAgain() async -> Bool {
        await access.answersAgain(repository)
    }

    /// What a name stands for, byte for byte; nil if the registry does not have it. One request. Docker may still be
    /// logging in afterwards.
    ///
    /// Throws ``RegistryError`` if it could not be asked, and ``ProviderError`` or ``DockerError`` if no one could log
    /// in.
    package func manifest(of reference: ImageReference) async throws -> FetchedManifest? {
        let reference = try RegistryReference(reference)
        return try await loggedIn(isEarly: true) { client async throws(RegistryError) in
            try await client.manifest(of: reference)
        }
    }

    /// The image for `platform` in what a name stands for, with its configuration; nil if there is none for it.
    ///
    /// Docker may still be logging in afterwards.
    ///
    /// - Parameter platform: nil for whichever there is
    package func image(in named: FetchedManifest, platform: Platform?) async throws -> RegistryImage? {
        let repository = repository
        return try await loggedIn(isEarly: true) { client async throws(RegistryError) in
            try await client.image(in: named, of: repository, platform: platform)
        }
    }

    /// The digest of what the registry has under that name; nil if it has nothing. Docker is logged in afterwards.
    package func digest(of reference: ImageReference) async throws -> Digest? {
        let reference = try RegistryReference(reference)
        return try await loggedIn { client async throws(RegistryError) in
            try await client.descriptor(of: reference)
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

    /// Lets a tag name what is in the repository already. One request; nothing is pushed.
    package func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws {
        try await loggedIn { client async throws(RegistryError) in try await client.putTag(manifest, as: reference) }
    }

    /// Deletes a cache image, if no tag but its own would go with it. False if it is still there.
    package func delete(_ cacheImage: ImageReference) async throws -> Bool {
        let deletion = try await access.client(for: repository).delete(tags: [cacheImage.tag], from: repository)
        return deletion.groups.allSatisfy { $0.outcome == .deleted }
    }

    /// All tags of the repository; nil if it is not there.
    package func tags() async throws -> [String]? {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in try await client.tags(of: repository) }
    }

    /// Deletes tags, and nothing that other tags need; see ``RegistryClient/delete(tags:from:isRehearsal:)``.
    package func delete(_ tags: Set<String>, isRehearsal: Bool) async throws -> TagDeletion {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in
            try await client.delete(tags: tags, from: repository, isRehearsal: isRehearsal)
        }
    }

    // MARK: Layers

    /// Pulls the image with that digest to the agent, whatever its tag names by now.
    package func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult {
        let (docker, repository, progress) = (docker, repository, progress)
        return try await withDockersLogin {
            try await docker.pull(repository, digest: digest, platform: platform, progress: progress)
        }
    }

    /// Pushes the image with the id `image` as `reference`. Makes the repository if the registry says that it is
    /// missing.
    ///
    /// - Parameter limit: how long the push may take, also where it makes progress
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
            tools.log.notice("Made the repository \(repository).")
            return try await docker.push(reference, limit: limit, progress: progress)
        }
    }

    /// Does what is to be done for the repository after something was saved in it.
    package func maintain() async throws(ProviderError) {
        try await provider.maintain(repository, tools)
    }
}
