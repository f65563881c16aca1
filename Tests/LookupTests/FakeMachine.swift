import Docker
import Images
import Providers
import Registry
import Synchronization
import SystemPackage
import Testing

@testable import Lookup

/// A daemon and a registry in memory. They record the requests of a lookup and keep the results.
final class FakeMachine: LookupDaemon, LookupRegistry {
    struct State {
        /// By each of their names: `app:tag`, `repository@digest`. All can also be found by id.
        var images: [String: ImageDetails] = [:]
        var builder = BuilderCapabilities(builder: .buildx, clientMajor: 28, serverMajor: 28)
        /// The statuses of the next builds; 0 for any further build.
        var buildStatuses: [Int32] = []
        var builds: [BuildRequest] = []
        /// The builder's report of a successful build.
        var report: BuildReport?
        var daemonFailure: DockerError?
        /// The results of the next image queries and the next tag commands; nil for success.
        var inspectFailures: [DockerError?] = []
        var tagFailures: [DockerError?] = []

        var tags: [String: RegistryImage] = [:]
        /// Artifacts of images, by tag.
        var artifacts: [String: Artifact] = [:]
        /// The answer to an uploaded artifact.
        var artifactAnswer = CacheRegistry.ArtifactPut.kept
        /// The answer to a record; nil if it is that to any artifact.
        var recordAnswer: CacheRegistry.ArtifactPut?
        /// Whether each refusal of a record was to be remembered.
        var remembersRefusals: [Bool] = []
        /// How often a login was ensured before a query, and its result.
        var logins = 0
        var loginFailure: (any Error & Sendable)?
        /// How often an artifact was requested and returned, and an image inspected.
        var artifactQuestions = 0
        var artifactsGiven = 0
        var inspections = 0
        /// What a pull, an artifact, the judgement of an image and a login wait for; nil for nothing.
        var pullWaitsFor, artifactWaitsFor, judgementWaitsFor, loginWaitsFor: Wait?
        /// The pulls that began, and those that were cancelled.
        var pullsBegun = 0
        var cancelledPulls = 0
        /// Whether the key is being computed.
        var keyBegun = false
        /// Whether the repositories are being found.
        var namingBegun = false
        /// The error of queries, pulls and pushes.
        var questionFailure, pullFailure, pushFailure: (any Error & Sendable)?
        /// The tags whose queries fail; nil for all.
        var failingTags: Set<String>?
        var answersAgain = false
        var movesNoTags = false
        var deletes = true
        /// Whether a found image is gone when it is pulled.
        var losesImages = false

        /// The pulled digests. A pull that turns out to be unnecessary may be missing, because it is cancelled.
        var pulled: Set<Digest> = []
        /// Every query and command except pulls, in order, such as `find cache-…` or `build`.
        var calls: [String] = []
        /// Changes in the registry before and after a push.
        var beforePush, onPush: (@Sendable (inout State) -> Void)?
        /// Called by a build before it ends, and by each pull.
        var onBuild, onPull: (@Sendable () -> Void)?
    }

    enum Wait {
        /// An artifact is requested.
        case artifact
        /// An artifact has arrived.
        case arrival
        /// A login is ensured after the queries.
        case login
        case pull
        case inspection
        case key
        /// It never ends by itself.
        case cancellation

        func isOver(_ state: State) -> Bool {
            switch self {
            case .artifact: state.artifactQuestions > 0
            case .arrival: state.artifactsGiven > 0
            case .login: state.logins > 1
            case .pull: state.pullsBegun > 0
            case .inspection: state.inspections > 0
            case .key: state.keyBegun
            case .cancellation: false
            }
        }
    }

    /// Waits until `condition` is true. Throws if it is cancelled.
    func wait(until condition: (State) -> Bool) async throws {
        while !withState({ condition($0) }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    let repository: RepositoryName
    /// The daemon that receives the pulled images; nil for this one.
    private let daemon: FakeMachine?
    private let mutex = Mutex(State())

    init(repository: RepositoryName, daemon: FakeMachine? = nil) {
        self.repository = repository
        self.daemon = daemon
    }

    func withState<Result: Sendable>(_ body: (inout State) throws -> sending Result) rethrows -> Result {
        try mutex.withLock { state in try body(&state) }
    }

    var calls: [String] { withState { $0.calls } }

    private func called(_ call: String) {
        withState { $0.calls.append(call) }
    }

    // MARK: The daemon

    private func daemonFailure() throws(DockerError) {
        if let failure = withState({ $0.daemonFailure }) { throw failure }
    }

    func inspectImage(_ name: String) async throws(DockerError) -> ImageDetails? {
        try daemonFailure()
        withState { $0.inspections += 1 }
        if let failure = withState({ $0.inspectFailures.isEmpty ? nil : $0.inspectFailures.removeFirst() }) {
            throw failure
        }
        return withState { state in
            guard var found = state.images[name] ?? state.images.values.first(where: { $0.id == name }) else {
                return nil
            }
            let id = found.id
            found.names = state.images.filter { $0.value.id == id && !$0.key.contains("@") }.keys.sorted()
            return found
        }
    }

    func removeName(_ name: String) async throws(DockerError) -> DockerClient.NameRemoval {
        // Every build has a temporary name, which is removed.
        if !LocalImageName.isTemporary(name, beside: String(name.dropLast(14))), !name.contains("@") {
            called("remove \(name)")
        }
        return withState { state in
            guard let image = state.images.removeValue(forKey: name) else { return .notThere }
            return .removed(deleted: !state.images.values.contains { $0.id == image.id })
        }
    }

    func inspectImages(_ names: [String]) async throws(DockerError) -> [ImageDetails] {
        var found: [ImageDetails] = []
        for name in names {
            if let image = try await inspectImage(name) { found.append(image) }
        }
        return found
    }

    func tag(_ source: String, as target: ImageReference) async throws(DockerError) {
        if let failure = withState({ $0.tagFailures.isEmpty ? nil : $0.tagFailures.removeFirst() }) { throw failure }
        guard let image = try await inspectImage(source) else {
            throw .failed(command: "docker tag", status: 1, message: "No such image: \(source)", advice: nil)
        }
        withState { state in
            let before = state.images.updateValue(image, forKey: target.description)
            // An image that has lost its last name can still be found by its id.
            if let before, !state.images.values.contains(where: { $0.id == before.id }) {
                state.images["@\(before.id)"] = before
            }
        }
    }

    func pull(
        _ reference: String,
        platform: Platform?,
        progress: FileDescriptor
    ) async throws(DockerError) -> DockerClient.PullResult {
        called("pull \(reference)")
        return .notInRegistry
    }

    func builderCapabilities() async throws(DockerError) -> BuilderCapabilities {
        try daemonFailure()
        return withState { $0.builder }
    }

    func obstacleToLayerExport(_ builder: Builder, named name: String?) async throws(DockerError) -> String? { nil }

    func build(
        _ request: BuildRequest,
        with builder: Builder,
        output: FileDescriptor
    ) async throws(DockerError) -> FinishedBuild {
        called(request.pullsBases ? "build --pull" : "build")
        let (status, hook) = withState { state in
            state.builds.append(request)
            let status = state.buildStatuses.isEmpty ? 0 : state.buildStatuses.removeFirst()
            if status == 0 {
                state.images[request.image.description] = ImageDetails(
                    id: "\(Digest(of: "built \(state.builds.count)".utf8))",
                    size: 1_000,
                    created: "2027-01-15T08:00:00Z",
                    labels: Dictionary(request.labels.map { ($0.name, $0.value) }) { first, _ in first },
                    repositoryDigests: []
                )
            }
            return (status, state.onBuild)
        }
        hook?()
        return FinishedBuild(status: status, report: status == 0 ? withState { $0.report } : nil)
    }

    // MARK: The registry

    private func questionFailure(_ tag: String) throws {
        let failure = withState { $0.failingTags?.contains(tag) ?? true ? $0.questionFailure : nil }
        if let failure { throw failure }
    }

    func manifest(of reference: ImageReference) async throws -> FetchedManifest? {
        called("find \(reference.tag)")
        try questionFailure(reference.tag)
        return withState { $0.tags[reference.tag]?.named }
    }

    func image(in named: FetchedManifest, platform: Platform?) async throws -> RegistryImage? {
        try await wait { $0.judgementWaitsFor?.isOver($0) ?? true }
        return withState { $0.tags.values.first { $0.named == named } }
    }

    func digest(of reference: ImageReference, isOptional: Bool) async throws -> Digest? {
        try questionFailure(reference.tag)
        return withState { $0.tags[reference.tag]?.named.digest }
    }

    func manifest(_ digest: Digest) async throws -> FetchedManifest? {
        called("manifest by digest")
        try questionFailure("")
        return withState { $0.tags.values.first { $0.named.digest == digest }?.named }
    }

    func has(_ digest: Digest) async throws -> Bool {
        called("has digest")
        try questionFailure("")
        return withState { $0.tags.values.contains { $0.named.digest == digest } }
    }

    func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws {
        called("move \(reference.tag)")
        try withState { state in
            if state.movesNoTags, state.tags[reference.tag] != nil {
                throw RegistryError(.immutableTag, host: "registry.example", request: "PUT \(reference.tag)", words: "")
            }
            state.tags[reference.tag] = state.tags.values.first { $0.named == manifest }
        }
    }

    func delete(_ cacheImage: ImageReference, naming digest: Digest) async throws -> Bool {
        called("delete \(cacheImage.tag)")
        return withState { state in
            guard state.deletes, state.tags[cacheImage.tag]?.named.digest == digest else { return false }
            state.tags[cacheImage.tag] = nil
            return true
        }
    }

    func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult {
        let hook = withState { state in
            state.pullsBegun += 1
            return state.onPull
        }
        hook?()
        do {
            try await wait { $0.pullWaitsFor?.isOver($0) ?? true }
        } catch {
            withState { $0.cancelledPulls += 1 }
            throw error
        }
        if let failure = withState({ $0.pullFailure }) { throw failure }
        let found = withState { state in
            state.losesImages ? nil : state.tags.values.first { $0.named.digest == digest }
        }
        guard let image = found else { return .notInRegistry }
        let details = ImageDetails(
            id: "\(image.identifier)",
            size: 2_000,
            created: image.configuration.created ?? "",
            labels: image.configuration.labels,
            repositoryDigests: ["\(repository)@\(digest)"]
        )
        (daemon ?? self).withState { $0.images["\(repository)@\(digest)"] = details }
        withState { _ = $0.pulled.insert(digest) }
        return .pulled
    }

    func push(
        _ image: String,
        as reference: ImageReference,
        limit: Duration
    ) async throws -> DockerClient.PushResult {
        called("push \(reference.tag)")
        if let failure = withState({ $0.pushFailure }) { throw failure }
        let labels = withState { $0.images.values.first { $0.id == image }?.labels ?? [:] }
        let made = try Self.image(labels: labels, marked: image)
        // As with containerd's image store, where an image's id is the digest of its manifest.
        let pushed = RegistryImage(
            named: made.named,
            manifestDigest: try #require(Digest(image)),
            manifest: made.manifest,
            configuration: made.configuration
        )
        return withState { state in
            state.beforePush?(&state)
            if state.movesNoTags, state.tags[reference.tag] != nil { return .tagIsImmutable }
            state.tags[reference.tag] = pushed
            for (name, known) in state.images where known.id == image {
                state.images[name]?.repositoryDigests.append("\(reference.repository)@\(pushed.named.digest)")
            }
            state.onPush?(&state)
            return .pushed
        }
    }

    func logIn() async throws {
        withState { $0.logins += 1 }
        try await wait { $0.loginWaitsFor?.isOver($0) ?? true }
        if let failure = withState({ $0.loginFailure }) { throw failure }
    }

    func endLogin(isNeeded: Bool) async {}

    func put(
        _ artifact: Artifact,
        as reference: ImageReference,
        remembersRefusal: Bool
    ) async throws -> CacheRegistry.ArtifactPut {
        withState { state in
            let isRecord = artifact.type == ImageRecord.type
            if isRecord { state.remembersRefusals.append(remembersRefusal) }
            let answer = (isRecord ? state.recordAnswer : nil) ?? state.artifactAnswer
            if answer == .kept { state.artifacts[reference.tag] = artifact }
            return answer
        }
    }

    func artifact(_ reference: ImageReference, type: MediaType, limit: Int) async throws -> [UInt8]? {
        withState { $0.artifactQuestions += 1 }
        try await wait { $0.artifactWaitsFor?.isOver($0) ?? true }
        return withState { state in
            state.artifactsGiven += 1
            return state.artifacts[reference.tag]?.content
        }
    }

    func answersAgain() async throws -> Bool {
        called("answers again?")
        return withState { $0.answersAgain }
    }

    func maintain() async throws {}

    /// An image in a registry.
    ///
    /// - Parameter mark: distinguishes the image from others with the same labels
    static func image(
        labels: [String: String],
        created: String = "2027-01-14T08:00:00Z",
        marked mark: String = ""
    ) throws -> RegistryImage {
        let shown = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
        let configuration = """
            {"created": "\(created)", "mark": "\(mark)", "os": "linux", "architecture": "amd64",
            "config": {"Labels": {\(shown)}}}
            """
        let identifier = Digest(of: configuration.utf8)
        let type = "application/vnd.docker.distribution.manifest.v2+json"
        let manifest = """
            {"schemaVersion": 2, "mediaType": "\(type)", "config": {"mediaType": \
            "application/vnd.docker.container.image.v1+json", "digest": "\(identifier)", "size": 1}, "layers": []}
            """
        let fetched = FetchedManifest(bytes: Array(manifest.utf8), mediaType: MediaType(type))
        return RegistryImage(
            named: fetched,
            manifestDigest: fetched.digest,
            manifest: try Manifest(parsing: manifest.utf8, as: MediaType(type)),
            configuration: try ImageConfiguration(parsing: configuration.utf8)
        )
    }
}
