package import Docker
package import Images
package import Registry
package import SystemPackage

/// The registry behind a provider, as a lookup uses it: find a cache image, pull it, save one, move the fallback tag.
///
/// Questions go to the registry directly; what moves layers is done by docker, which is logged in before the first of
/// these, once.
package struct CacheRegistry: Sendable {
    /// Where cache images live.
    package let repository: RepositoryName
    private let provider: any Provider
    private let docker: DockerClient
    private let access: RegistryAccess
    private var client: RegistryClient
    private let progress: FileDescriptor
    private var isLoggedIn = false

    /// Nil for a provider that has no registry.
    ///
    /// - Parameter progress: where docker's own progress goes
    package init?(
        provider: any Provider,
        docker: DockerClient,
        access: RegistryAccess,
        progress: FileDescriptor
    ) async throws(NameError) {
        guard let repository = provider.repository else { return nil }
        self.repository = repository
        self.provider = provider
        self.docker = docker
        self.progress = progress
        self.access = access
        client = try await access.client(for: repository)
    }

    /// Whether the registry, which could not be asked before, answers by now: docker would wait for it much longer.
    package mutating func answersAgain() async throws(NameError) -> Bool {
        guard await access.answersAgain(repository) else { return false }
        client = try await access.client(for: repository)
        return true
    }

    /// Asks for a cache image with its configuration; nil if the registry does not have it.
    ///
    /// Throws ``RegistryError`` if it could not be asked.
    package func find(_ cacheImage: ImageReference, platform: Platform) async throws -> RegistryImage? {
        try await client.image(try RegistryReference(cacheImage), platform: platform)
    }

    /// Whether the registry has anything under that name.
    package func holds(_ cacheImage: ImageReference) async throws -> Bool {
        try await client.descriptor(of: RegistryReference(cacheImage)) != nil
    }

    /// The manifest under that name, byte for byte; nil if the registry does not have it.
    package func manifest(_ cacheImage: ImageReference) async throws -> FetchedManifest? {
        try await client.manifest(of: RegistryReference(cacheImage))
    }

    /// Pulls the image with that digest to the agent, whatever its tag names by now.
    package mutating func pull(
        _ digest: Digest,
        platform: Platform?
    ) async throws(DockerError) -> DockerClient.PullResult {
        try await logInOnce()
        return try await docker.pull(repository, digest: digest, platform: platform, progress: progress)
    }

    /// Pushes the image with the id `image` as `reference`.
    package mutating func push(
        _ image: String,
        as reference: ImageReference
    ) async throws(DockerError) -> DockerClient.PushResult {
        try await logInOnce()
        try await docker.tag(image, as: reference)
        return try await docker.push(reference, progress: progress)
    }

    /// Lets a tag name what is in the repository already. One request; nothing is pushed.
    package func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws(RegistryError) {
        try await client.putTag(manifest, as: reference)
    }

    /// Deletes a cache image, if no tag but its own would go with it. False if it is still there.
    package func delete(_ cacheImage: ImageReference) async throws(RegistryError) -> Bool {
        let deletion = try await client.delete(tags: [cacheImage.tag], from: repository)
        return deletion.groups.allSatisfy { $0.outcome == .deleted }
    }

    private mutating func logInOnce() async throws(DockerError) {
        guard !isLoggedIn else { return }
        if let login = provider.login {
            try await docker.logIn(to: login.host, username: login.username, password: login.password)
        }
        isLoggedIn = true
    }
}
