package import Docker
package import Images
package import Inputs
package import PluginConfiguration
package import Providers
package import Registry
package import SystemPackage

/// What a lookup asks for its key. ``KeyComputation`` reads real files; a test needs none.
package protocol LookupKeys {
    /// The key of the inputs as they are now.
    func compute() async throws -> ComputedKey

    /// What a lookup goes on with where the inputs cannot be read, but the builder may be able to.
    func standIn(for obstacle: InputError) async throws -> ComputedKey

    /// What there is of the base images before a build, and the key that is right with them.
    ///
    /// - Parameter pulls: whether the build fetches base images from their registries, also where the daemon has them
    func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ConfirmedKey

    /// What the base images that a build used mean for its key: asked after it.
    func baseImages(of key: ComputedKey, in build: BuildEvidence) async throws -> BaseImageVerdict

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
    func removeName(_ name: String) async throws(DockerError) -> DockerClient.NameRemoval
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
    ) async throws(DockerError) -> FinishedBuild
}

/// A place that a lookup looks in, and the registry that is there.
package struct LookupSource: Sendable {
    package let place: CachePlace
    /// Nil for a provider without a registry, or where it could not be determined which one is meant.
    package let registry: (any LookupRegistry)?

    package init(place: CachePlace, registry: (any LookupRegistry)?) {
        self.place = place
        self.registry = registry
    }
}

/// The registry behind a provider, as far as a lookup needs it.
package protocol LookupRegistry: Sendable {
    var repository: RepositoryName { get }
    /// Makes sure of Docker's login. The questions of a hit may be asked before it is there; all else waits for it.
    func logIn() async throws
    /// Waits for a login that is still being made, or gives it up.
    func endLogin(isNeeded: Bool) async
    /// What a name stands for; nil if the registry does not have it.
    func manifest(of reference: ImageReference) async throws -> FetchedManifest?
    /// The image in that for `platform`; nil if there is none.
    func image(in named: FetchedManifest, platform: Platform?) async throws -> RegistryImage?
    func digest(of reference: ImageReference) async throws -> Digest?
    /// The manifest with that digest; nil if the registry does not have it.
    func manifest(_ digest: Digest) async throws -> FetchedManifest?
    /// Whether the registry has what has that digest.
    func has(_ digest: Digest) async throws -> Bool
    func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws
    func delete(_ cacheImage: ImageReference) async throws -> Bool
    func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult
    func push(_ image: String, as reference: ImageReference, limit: Duration) async throws -> DockerClient.PushResult
    /// - Parameter remembersRefusal: whether a registry that keeps no artifacts is asked once a day at most
    func put(
        _ artifact: Artifact,
        as reference: ImageReference,
        remembersRefusal: Bool
    ) async throws -> CacheRegistry.ArtifactPut
    /// The content of the artifact of that type under the tag of `reference`; nil if there is none.
    func artifact(_ reference: ImageReference, type: MediaType, limit: Int) async throws -> [UInt8]?
    func answersAgain() async throws -> Bool
    func maintain() async throws
}

extension LookupRegistry {
    /// The image that a name stands for; nil if the registry does not have it, or not for `platform`.
    func find(_ name: ImageReference, platform: Platform) async throws -> RegistryImage? {
        guard let named = try await manifest(of: name) else { return nil }
        return try await image(in: named, platform: platform)
    }
}

extension KeyComputation: LookupKeys {}
extension DockerClient: LookupDaemon {}
extension CacheRegistry: LookupRegistry {}
