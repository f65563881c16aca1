package import Images
package import Logging
package import Registry

/// The registries that one run of the tool speaks to, each over connections of its own that are closed at the end.
package actor RegistryAccess {
    private let settings: RegistrySettings
    private let time: RegistryTime
    private let log: Logger
    private let credentials: CredentialSource
    private var clients: [RegistryEndpoint: RegistryClient] = [:]
    /// Those that others have taken the place of.
    private var retired: [RegistryClient] = []

    /// - Parameter credentials: finds what a registry wants to see, by the key that Docker stores it under
    package init(
        settings: RegistrySettings,
        time: RegistryTime,
        log: Logger,
        credentials: @escaping CredentialSource
    ) {
        self.settings = settings
        self.time = time
        self.log = log
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
        RegistryClient(for: endpoint, settings: settings, time: time, log: log, credentials: credentials)
    }

    /// A new client for the registry of `repository`, which asks for credentials anew.
    package func renewedClient(for repository: RepositoryName) throws(NameError) -> RegistryClient {
        // A question may be under way on the old one.
        if let old = clients.removeValue(forKey: try RegistryEndpoint(of: repository)) { retired.append(old) }
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

    /// The image that a `FROM` line names, for `platform`; nil if its registry does not have it.
    package func image(named name: String, platform: Platform) async throws -> RegistryImage? {
        let reference = try RegistryReference(name)
        return try await client(for: reference.repository).image(reference, platform: platform)
    }

    /// The digest of what a `FROM` line names, in whatever platforms it is there; nil if its registry does not have it.
    package func digest(named name: String) async throws -> Digest? {
        let reference = try RegistryReference(name)
        return try await client(for: reference.repository).descriptor(of: reference)?.digest
    }

    /// Closes all connections.
    package func shutdown() async {
        for client in retired + clients.values { await client.shutdown() }
        (retired, clients) = ([], [:])
    }
}
