import Buildkite
import Docker
import Fingerprint
import Formatting
import Images
import Logging
import Options
import Registry
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Host
@testable import Inputs
@testable import Lookup
@testable import PluginConfiguration

/// Everything that a lookup needs, without docker or a network. The index and the locks are real temporary files.
struct LookupScene {
    static let day: Int64 = 86_400_000
    /// 2027-01-15T08:00:00Z
    static let now: Int64 = 1_800_000_000_000

    let machine: FakeMachine
    /// The registry of trusted builds, for an untrusted build. Its images are in the daemon of ``machine``.
    let trustedRegistry: FakeMachine
    let keys: FakeKeys
    let index: LookupIndex
    let options: OptionValues
    let inputs: InputConfiguration
    let surroundings: Surroundings
    var cache: CacheConfiguration
    var keyring = SignatureKeys.none

    /// Runs `body` with a scene that has the options `given`, a registry and the image `app`.
    static func run<Result>(
        _ given: [(OptionDefinition, String)] = [],
        provider: String = "registry",
        environment: [String: String] = [:],
        hasIndex: Bool = true,
        _ body: (LookupScene) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { directory in
            try await body(LookupScene(given, provider: provider, environment, hasIndex: hasIndex, in: directory))
        }
    }

    /// - Parameter directory: the directory of the index, which may already exist
    init(
        _ given: [(OptionDefinition, String)] = [],
        provider: String = "registry",
        _ environment: [String: String] = [:],
        hasIndex: Bool = true,
        in directory: FilePath,
        keys someKeys: FakeKeys? = nil,
        machine someMachine: FakeMachine? = nil,
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        var options = OptionValues(origin: .pipeline)
        options.set(OptionTable.image, to: ["app"])
        options.set(OptionTable.provider, to: [provider])
        if provider == "registry" {
            let url = try #require(OptionTable.all.first { $0.name == "registry.url" })
            options.set(url, to: ["registry.example/team/app"])
        }
        for (option, text) in given { options.set(option, to: options.list(option) + [text]) }
        self.options = options
        cache = try CacheConfiguration(options, environment: environment, stage: .beforeCheckout)
        inputs = try InputConfiguration(options, environment: environment, stage: .beforeCheckout)
        let repository = try RepositoryName("registry.example/team/app")
        let home = cache.trust.isUntrusted ? try RepositoryName("registry.example/team/app-untrusted") : repository
        if provider == "registry" {
            cache.place.repository = home
            cache.trustedPlace?.repository = repository
        }
        machine = someMachine ?? FakeMachine(repository: home)
        trustedRegistry = FakeMachine(repository: repository, daemon: machine)
        keys = try someKeys ?? FakeKeys(FakeKeys.key())
        index = LookupIndex(at: hasIndex ? directory.appending("index.db") : nil, now: Self.now, log: log)
        let output = try FileDescriptor.open(
            directory.appending("log"),
            .writeOnly,
            options: [.create, .append],
            permissions: .ownerReadWrite
        )
        surroundings = Surroundings(
            environment: environment,
            home: directory,
            workingDirectory: directory,
            now: { Self.now },
            output: LogOutput(to: output, isInBuildkite: false),
            log: log
        )
    }

    var key: Key { keys.computed.key }

    /// The tag of the cache image.
    var tag: String { "\(cache.place.tag)-\(key)" }

    /// The name of the local image.
    var name: String { "app:\(key)" }

    /// - Parameter naming: called while the repositories are found; nil if they are known from the beginning
    func lookup(naming: (@Sendable () async throws -> Void)? = nil) -> Lookup {
        let home = LookupSource(place: cache.place, registry: cache.place.repository == nil ? nil : machine)
        let trusted = cache.trustedPlace.map { LookupSource(place: $0, registry: trustedRegistry) }
        let places = NamedPlaces(cache: cache, home: home, trusted: trusted)
        var find: (@Sendable () async throws -> NamedPlaces)?
        if let naming {
            find = {
                try await naming()
                return places
            }
        }
        return Lookup(
            inputs: inputs,
            cache: cache,
            keys: keys,
            daemon: machine,
            home: naming == nil ? home : LookupSource(place: cache.place, registry: nil),
            trusted: trusted,
            naming: find,
            index: index,
            keyring: keyring,
            job: JobVariables(environment: ["BUILDKITE_PIPELINE_SLUG": "shop"]),
            surroundings: surroundings
        )
    }

    // MARK: State before a lookup

    /// An entry that promises an image built `age` ago, with the id that ``putInDaemon(name:id:)`` gives.
    func promised(age: Int64 = day, inRegistry digest: Digest? = nil) -> Entry {
        Entry(
            key: key.description,
            scope: cache.place.scope,
            image: "app",
            provider: cache.place.providerName,
            localImageID: Self.promisedID,
            cacheImage: digest.map { _ in "registry.example/team/app:\(tag)" },
            registryDigest: digest?.description,
            builtAt: Self.now - age,
            createdAt: Self.now - age,
            lastUsedAt: Self.now - age,
            buildMilliseconds: 42_000
        )
    }

    func promise(age: Int64 = day, inRegistry digest: Digest? = nil) throws {
        try #require(index.opened).entries.save(promised(age: age, inRegistry: digest))
    }

    static let promisedID = "\(Digest(of: "promised".utf8))"

    func putInDaemon(name: String? = nil, id: String = promisedID) {
        Self.put(id, as: name ?? self.name, in: machine)
    }

    static func put(_ id: String, as name: String, in machine: FakeMachine) {
        machine.withState {
            $0.images[name] = ImageDetails(
                id: id,
                size: 1_000,
                created: "2027-01-14T08:00:00Z",
                labels: [:],
                repositoryDigests: []
            )
        }
    }

    /// Puts an image that was built `age` ago and has this key's label into the registry.
    @discardableResult
    func putInRegistry(
        _ registry: FakeMachine? = nil,
        tag: String? = nil,
        age: Int64 = day,
        labelledKey: String? = nil
    ) throws -> Digest {
        let image = try FakeMachine.image(
            labels: [
                ImageAge.keyLabel: labelledKey ?? key.description, ImageAge.imageLabel: "app",
                ImageAge.builtAtLabel: Timestamp.text(Self.now - age),
            ],
            marked: tag ?? ""
        )
        let name = tag ?? self.tag
        (registry ?? machine).withState { $0.tags[name] = image }
        return image.named.digest
    }

    /// Puts the registry's image into the daemon, under another name.
    func putInDaemonToo() throws {
        let id = try #require(machine.withState { $0.tags[tag]?.identifier })
        machine.withState {
            var image = ImageDetails(id: "\(id)", size: 1, created: "", labels: [:], repositoryDigests: [])
            image.platform = Platform("linux/amd64")
            $0.images["other:tag"] = image
        }
    }

    // MARK: State after a lookup

    var entry: Entry? { get throws { try index.opened?.entries.find(key: key.description, scope: cache.place.scope) } }
    var events: [Event] { get throws { try index.opened?.events.recent(limit: 10) ?? [] } }
}
