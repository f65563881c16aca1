package import Docker
package import Images
package import Inputs
package import Providers
package import Registry
package import SystemPackage

/// What a lookup asks for its key. ``KeyComputation`` reads real files; a test needs none.
package protocol LookupKeys {
    /// The key of the inputs as they are now.
    func compute() async throws -> ComputedKey

    /// The key that is right after everybody was asked about the base images once more; nil if it is the same.
    ///
    /// - Parameter pulls: whether the build fetches base images anew, also where the daemon has them
    func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ComputedKey?

    /// Whether pinned base images are still what the key has: asked after a build.
    func arePinsStillTrue(_ key: ComputedKey) async throws -> Bool
    /// What the Dockerfile adds from elsewhere and was pinned, and is something else after the build.
    func movedRemoteSources(_ key: ComputedKey) async throws -> [RemotePin]

    /// Whether the inputs were all the time what the key was made of: asked after a build.
    func isStillTrue(_ key: ComputedKey) throws -> Bool
}

/// The agent's Docker daemon and its builder, as far as a lookup needs them.
package protocol LookupDaemon {
    func inspectImage(_ name: String) async throws(DockerError) -> ImageDetails?
    func inspectImages(_ names: [String]) async throws(DockerError) -> [ImageDetails]
    func tag(_ source: String, as target: ImageReference) async throws(DockerError)
    func pull(
        _ reference: String,
        platform: Platform?,
        progress: FileDescriptor
    ) async throws(DockerError) -> DockerClient.PullResult
    func builderCapabilities() async throws(DockerError) -> BuilderCapabilities
    func obstacleToLayerExport(_ builder: Builder, named name: String?) async throws(DockerError) -> String?
    func build(
        _ request: BuildRequest,
        with builder: Builder,
        output: FileDescriptor
    ) async throws(DockerError) -> Int32
}

/// The registry behind a provider, as far as a lookup needs it.
package protocol LookupRegistry: Sendable {
    var repository: RepositoryName { get }
    func find(_ cacheImage: ImageReference, platform: Platform) async throws -> RegistryImage?
    func digest(of reference: ImageReference) async throws -> Digest?
    func manifest(_ cacheImage: ImageReference) async throws -> FetchedManifest?
    func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws
    func delete(_ cacheImage: ImageReference) async throws -> Bool
    func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult
    func push(_ image: String, as reference: ImageReference) async throws -> DockerClient.PushResult
    func answersAgain() async throws -> Bool
    func maintain() async throws
}

extension KeyComputation: LookupKeys {}
extension DockerClient: LookupDaemon {}
extension CacheRegistry: LookupRegistry {}
