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
        let client = RegistryClient(
            for: endpoint,
            settings: settings,
            time: time,
            log: log,
            credentials: credentials
        )
        clients[endpoint] = client
        return client
    }

    /// The image that a `FROM` line names, for `platform`; nil if its registry does not have it.
    package func image(named name: String, platform: Platform) async throws -> RegistryImage? {
        let reference = try RegistryReference(name)
        return try await client(for: reference.repository).image(reference, platform: platform)
    }

    /// Closes all connections.
    package func shutdown() async {
        for client in clients.values { await client.shutdown() }
        clients = [:]
    }
}
