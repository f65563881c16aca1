package import Docker
package import Images
package import Inputs
package import PluginConfiguration
package import Providers
package import Registry
package import SystemPackage

/// The source of a lookup's key. ``KeyComputation`` reads real files, which tests do not need.
package protocol LookupKeys {
    /// The key of the current inputs.
    func compute() async throws -> ComputedKey

    /// The key to continue with if the inputs cannot be read, but the builder may be able to read them.
    func standIn(for obstacle: InputError) async throws -> ComputedKey

    /// The state of the base images before a build, and the key that is correct with them.
    ///
    /// - Parameter pulls: whether the build pulls base images from their registries, even if the daemon has them
    func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ConfirmedKey

    /// The consequences for the key of the base images that a build used. Called after the build.
    func baseImages(of key: ComputedKey, in build: BuildEvidence) async throws -> BaseImageVerdict

    /// The pinned remote sources of the Dockerfile that have changed. Called after the build.
    func movedRemoteSources(_ key: ComputedKey) async throws -> [RemotePin]

    /// Whether the inputs have not changed since the key was computed. Called after the build.
    func isStillTrue(_ key: ComputedKey) throws -> Bool
}

/// The agent's Docker daemon and its builder, as far as a lookup needs them.
package protocol LookupDaemon: Sendable {
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

/// A place that a lookup searches, and its registry.
package struct LookupSource: Sendable {
    package let place: CachePlace
    /// Nil for a provider without a registry, or if the registry could not be determined.
    package let registry: (any LookupRegistry)?

    package init(place: CachePlace, registry: (any LookupRegistry)?) {
        self.place = place
        self.registry = registry
    }
}

/// The places of a lookup, once their repositories are known.
package struct NamedPlaces: Sendable {
    package let cache: CacheConfiguration
    /// The place of this build's images.
    package let home: LookupSource
    /// The trusted place, which an untrusted build searches first and never writes to; nil for every other build.
    package let trusted: LookupSource?

    package init(cache: CacheConfiguration, home: LookupSource, trusted: LookupSource?) {
        self.cache = cache
        self.home = home
        self.trusted = trusted
    }

    /// All places, in search order.
    var sources: [LookupSource] { [trusted, home].compactMap(\.self) }
}

/// The registry behind a provider, as far as a lookup needs it.
package protocol LookupRegistry: Sendable {
    var repository: RepositoryName { get }
    /// Ensures that Docker is logged in. The queries of a hit may run before that; everything else waits for it.
    func logIn() async throws
    /// Waits for a pending login, or cancels it.
    func endLogin(isNeeded: Bool) async
    /// The manifest that a tag names; nil if the registry does not have it.
    func manifest(of reference: ImageReference) async throws -> FetchedManifest?
    /// The image for `platform` in a manifest; nil if there is none.
    func image(in named: FetchedManifest, platform: Platform?) async throws -> RegistryImage?
    /// - Parameter isOptional: whether the registry may still be queried in this run if it does not answer now
    func digest(of reference: ImageReference, isOptional: Bool) async throws -> Digest?
    /// The manifest with that digest; nil if the registry does not have it.
    func manifest(_ digest: Digest) async throws -> FetchedManifest?
    /// Whether the registry has a manifest with that digest.
    func has(_ digest: Digest) async throws -> Bool
    func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws
    /// Deletes a cache image if its tag names that digest. Returns false if the tag still exists.
    func delete(_ cacheImage: ImageReference, naming digest: Digest) async throws -> Bool
    func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult
    func push(_ image: String, as reference: ImageReference, limit: Duration) async throws -> DockerClient.PushResult
    /// - Parameter remembersRefusal: whether a registry that refuses artifacts is tried at most once a day
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
    func digest(of reference: ImageReference) async throws -> Digest? {
        try await digest(of: reference, isOptional: false)
    }

    /// The image that a tag names; nil if the registry does not have it, or not for `platform`.
    func find(_ name: ImageReference, platform: Platform) async throws -> RegistryImage? {
        guard let named = try await manifest(of: name) else { return nil }
        return try await image(in: named, platform: platform)
    }
}

extension KeyComputation: LookupKeys {}
extension DockerClient: LookupDaemon {}
extension CacheRegistry: LookupRegistry {}
