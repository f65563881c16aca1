package import Images
package import Logging
package import Registry

/// The registries that one run of the tool speaks to, each over connections of its own that are closed at the end.
package actor RegistryAccess {
    private let settings: RegistrySettings
    private let time: RegistryTime
    private let log: Logger
    private let credentials: CredentialSource
    /// Where the daemon asks for images of Docker Hub first, as ``RegistryMirror`` reads it.
    private let mirrors: @Sendable () async -> [String]
    /// Who is logged in where.
    nonisolated let logins = LastLogins()
    private var foundMirrors: [RegistryMirror]?
    private var clients: [RegistryEndpoint: RegistryClient] = [:]
    /// What is shown to a registry before Docker has it, and then as long as it is the same.
    private var given: [RegistryEndpoint: RegistryCredential] = [:]
    /// Those that others have taken the place of.
    private var retired: [RegistryClient] = []

    /// - Parameters:
    ///   - mirrors: finds out where the daemon asks for images of Docker Hub first; called once at most
    ///   - credentials: finds what a registry wants to see, by the key that Docker stores it under
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

    /// The client for the registry of `repository`. Nothing is sent yet.
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
    /// - Parameter credential: what the registry is shown from now on; nil to look for one when it is needed
    package func renewedClient(
        for repository: RepositoryName,
        credential: RegistryCredential? = nil
    ) throws(NameError) -> RegistryClient {
        let endpoint = try RegistryEndpoint(of: repository)
        // A question may be under way on the old one.
        if let old = clients.removeValue(forKey: endpoint) { retired.append(old) }
        given[endpoint] = credential
        return try client(for: repository)
    }

    /// Whether a registry that could not be asked before answers by now. Asks with a new client, and for a short time.
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
            log.debug("\(repository) still cannot be asked: \(error)")
            return false
        }
    }

    /// Together with the time of the first question, what a registry that is down costs a build.
    private static let secondLimit = Duration.seconds(3)

    /// The image that a `FROM` line names, for `platform`; nil if neither a mirror nor its registry has it.
    package func image(named name: String, platform: Platform) async throws -> RegistryImage? {
        try await first(named: name) { try await $0.image($1, platform: platform) }
    }

    /// The digest of what a `FROM` line names, in whatever platforms it is there; nil if neither a mirror nor its
    /// registry has it.
    package func digest(named name: String) async throws -> Digest? {
        try await first(named: name) { try await $0.descriptor(of: $1)?.digest }
    }

    /// What `ask` finds first, in the daemon's order: its mirrors of Docker Hub, then the registry of the name. As for
    /// the daemon, a mirror that has no answer is passed over.
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
                log.debug("\(mirror) could not be asked for \(reference): \(error)")
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

/// A registry that has copies of what is on Docker Hub: the option `registry-mirrors` of the daemon.
///
/// https://docs.docker.com/docker-hub/image-library/mirror/
struct RegistryMirror: Equatable, CustomStringConvertible {
    /// With a port where there is one.
    let host: String
    /// Whether it speaks http and not https.
    let isPlain: Bool

    /// Reads `https://host[:port]`, with or without a slash at its end. Nil if it is none: a daemon takes no path.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1)
        guard parts.count == 2, ["http", "https"].contains(parts[0]) else { return nil }
        let host = parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1]
        guard !host.isEmpty, !host.contains("/"), !host.contains("@") else { return nil }
        self.host = String(host)
        isPlain = parts[0] == "http"
    }

    var description: String { "The mirror \(host)" }

    /// Where it has what Docker Hub has under `reference`.
    func reference(_ reference: RegistryReference) throws(NameError) -> RegistryReference {
        try RegistryReference(
            repository: RepositoryName(host: host, path: reference.repository.path),
            tag: reference.tag,
            digest: reference.digest
        )
    }
}
