package import Docker
package import Images
package import SystemPackage

/// The registry behind a provider, as a lookup uses it: fetch a cache image, save one, move the fallback tag.
///
/// Logs in before the first of these, once.
package struct CacheRegistry: Sendable {
    /// Where cache images live.
    package let repository: RepositoryName
    private let provider: any Provider
    private let docker: DockerClient
    private let progress: FileDescriptor
    private var isLoggedIn = false

    /// Nil for a provider that has no registry.
    ///
    /// - Parameter progress: where docker's own progress goes
    package init?(provider: any Provider, docker: DockerClient, progress: FileDescriptor) {
        guard let repository = provider.repository else { return nil }
        self.repository = repository
        self.provider = provider
        self.docker = docker
        self.progress = progress
    }

    /// Pulls a cache image to the agent.
    ///
    /// Throws if the registry could not be asked; that it has no such image is an answer, not an error.
    package mutating func pull(
        _ cacheImage: ImageReference,
        platform: Platform?
    ) async throws(DockerError) -> DockerClient.PullResult {
        try await logInOnce()
        return try await docker.pull(cacheImage, platform: platform, progress: progress)
    }

    /// Pushes the image with the id `image` as `reference`, and returns the digest it has there, if docker knows it.
    package mutating func push(_ image: String, as reference: ImageReference) async throws(DockerError) -> String? {
        try await logInOnce()
        try await docker.tag(image, as: reference)
        try await docker.push(reference, progress: progress)
        return try await docker.inspectImage(reference.description)?.digest(in: reference.repository)
    }

    private mutating func logInOnce() async throws(DockerError) {
        guard !isLoggedIn else { return }
        try await provider.logIn(with: docker)
        isLoggedIn = true
    }
}
