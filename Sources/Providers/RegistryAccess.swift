package import Images
package import Logging
package import Registry

/// The registry clients of one run. Each has its own connections, which are closed at the end.
package actor RegistryAccess {
    private let settings: RegistrySettings
    private let time: RegistryTime
    private let log: Logger
    private let credentials: CredentialSource
    /// The daemon's mirrors of Docker Hub, in the form that ``RegistryMirror`` parses.
    private let mirrors: @Sendable () async -> [String]
    /// The latest login to each host.
    nonisolated let logins = LastLogins()
    private var foundMirrors: [RegistryMirror]?
    private var clients: [RegistryEndpoint: RegistryClient] = [:]
    /// Credentials that are used before Docker has them, and until the client is renewed.
    private var given: [RegistryEndpoint: RegistryCredential] = [:]
    /// Clients that were replaced by newer ones.
    private var retired: [RegistryClient] = []

    /// - Parameters:
    ///   - mirrors: finds the daemon's mirrors of Docker Hub; called at most once
    ///   - credentials: finds the credentials for a registry, by the key under which Docker stores them
    package init(
        settings: RegistrySettings,
        time: RegistryTime,
        log: Logger,
        mirrors: @escaping @Sendable () async -> [String] = { [] },
        credentials: @escaping CredentialSource
    ) {
        self.settings = settings
        self.time = time
        self.log = log
        self.mirrors = mirrors
        self.credentials = credentials
    }

    /// The client for the registry of `repository`. Sends no request.
    package func client(for repository: RepositoryName) throws(NameError) -> RegistryClient {
        let endpoint = try RegistryEndpoint(of: repository)
        if let client = clients[endpoint] { return client }
        let client = makeClient(for: endpoint, settings)
        clients[endpoint] = client
        return client
    }

    private func makeClient(for endpoint: RegistryEndpoint, _ settings: RegistrySettings) -> RegistryClient {
        var source = credentials
        if let known = given[endpoint] { source = { _ in known } }
        return RegistryClient(for: endpoint, settings: settings, time: time, log: log, credentials: source)
    }

    /// A new client for the registry of `repository`.
    ///
    /// - Parameter credential: the credentials to use from now on; nil to look them up when they are needed
    package func renewedClient(
        for repository: RepositoryName,
        credential: RegistryCredential? = nil
    ) throws(NameError) -> RegistryClient {
        let endpoint = try RegistryEndpoint(of: repository)
        // The old client may still have requests in flight.
        if let old = clients.removeValue(forKey: endpoint) { retired.append(old) }
        given[endpoint] = credential
        return try client(for: repository)
    }

    /// Whether a registry that was unreachable before answers now. Uses a new client and a short time limit.
    package func answersAgain(_ repository: RepositoryName) async -> Bool {
        var settings = settings
        settings.operationLimit = Self.secondLimit
        do {
            let endpoint = try RegistryEndpoint(of: repository)
            let client = makeClient(for: endpoint, settings)
            let old = clients.updateValue(client, forKey: endpoint)
            await old?.shutdown()
            _ = try await client.ping()
            return true
        } catch {
            log.debug("\(repository) still cannot be queried: \(error)")
            return false
        }
    }

    /// The time limit of the second attempt. With that of the first, it is the delay that an unreachable registry adds
    /// to a build.
    private static let secondLimit = Duration.seconds(3)

    /// The image that a `FROM` line names, for `platform`; nil if neither a mirror nor its registry has it.
    package func image(named name: String, platform: Platform) async throws -> RegistryImage? {
        try await first(named: name) { try await $0.image($1, platform: platform) }
    }

    /// The digest of the manifest that a `FROM` line names, for any platform; nil if neither a mirror nor its registry
    /// has it.
    package func digest(named name: String) async throws -> Digest? {
        try await first(named: name) { try await $0.descriptor(of: $1)?.digest }
    }

    /// The first answer of `ask`, in the daemon's order: the mirrors of Docker Hub, then the name's own registry. Like
    /// the daemon, skips a mirror that fails.
    private func first<Answer>(
        named name: String,
        _ ask: (RegistryClient, RegistryReference) async throws -> Answer?
    ) async throws -> Answer? {
        let reference = try RegistryReference(name)
        for mirror in reference.isOnDockerHub ? await knownMirrors() : [] {
            do {
                let client = try mirrorClient(mirror)
                if let answer = try await ask(client, try mirror.reference(reference)) { return answer }
            } catch {
                try Task.checkCancellation()
                log.debug("\(mirror) could not be queried for \(reference): \(error)")
            }
        }
        return try await ask(try client(for: reference.repository), reference)
    }

    private func knownMirrors() async -> [RegistryMirror] {
        if let found = foundMirrors { return found }
        let found = await mirrors().compactMap { RegistryMirror($0) }
        foundMirrors = found
        return found
    }

    private func mirrorClient(_ mirror: RegistryMirror) throws(NameError) -> RegistryClient {
        let endpoint = try RegistryEndpoint(host: mirror.host)
        if let client = clients[endpoint] { return client }
        let client = makeClient(for: endpoint, mirror.isPlain ? settings.allowingInsecure(mirror.host) : settings)
        clients[endpoint] = client
        return client
    }

    /// Closes all connections.
    package func shutdown() async {
        for client in retired + clients.values { await client.shutdown() }
        (retired, clients) = ([], [:])
    }
}

/// A mirror of Docker Hub, from the daemon's option `registry-mirrors`.
///
/// https://docs.docker.com/docker-hub/image-library/mirror/
struct RegistryMirror: Equatable, CustomStringConvertible {
    /// `host[:port]`.
    let host: String
    /// Whether it uses HTTP instead of HTTPS.
    let isPlain: Bool

    /// Parses `https://host[:port]` or `http://host[:port]`, with or without a trailing slash. Returns nil for anything
    /// else: a daemon accepts no path.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1)
        guard parts.count == 2, ["http", "https"].contains(parts[0]) else { return nil }
        let host = parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1]
        guard !host.isEmpty, !host.contains("/"), !host.contains("@") else { return nil }
        self.host = String(host)
        isPlain = parts[0] == "http"
    }

    var description: String { "The mirror \(host)" }

    /// The reference on this mirror that corresponds to `reference` on Docker Hub.
    func reference(_ reference: RegistryReference) throws(NameError) -> RegistryReference {
        try RegistryReference(
            repository: RepositoryName(host: host, path: reference.repository.path),
            tag: reference.tag,
            digest: reference.digest
        )
    }
}
