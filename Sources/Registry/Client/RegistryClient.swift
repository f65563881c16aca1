package import HTTP
import Images
package import Logging

/// Asks one registry for manifests, tags and the age of images, and moves and deletes tags
/// (OCI distribution specification).
///
/// Every method is an operation: it takes ``RegistrySettings/operationLimit`` at most, whatever it needs, and throws a
/// ``RegistryError``. That something is not there is an answer and no error. Once an operation has found the registry
/// unreachable, all later ones fail at once with the same error: make a new client to ask again.
///
/// Nothing happens until the first operation, neither on the network nor in threads. ``shutdown()`` is needed after it;
/// ``withClient(for:settings:time:log:credentials:_:)`` sees to that.
package struct RegistryClient: Sendable {
    package let endpoint: RegistryEndpoint
    let settings: RegistrySettings
    let connection: RegistryConnection

    package init(
        for endpoint: RegistryEndpoint,
        settings: RegistrySettings,
        time: RegistryTime,
        log: Logger,
        credentials: @escaping CredentialSource
    ) {
        self.endpoint = endpoint
        self.settings = settings
        connection = RegistryConnection(
            endpoint: endpoint,
            settings: settings,
            time: time,
            log: log,
            credentials: credentials
        )
    }

    /// Runs `body` with a client that is shut down afterwards, whatever `body` does.
    package static func withClient<Result>(
        for endpoint: RegistryEndpoint,
        settings: RegistrySettings,
        time: RegistryTime,
        log: Logger,
        credentials: @escaping CredentialSource,
        _ body: (RegistryClient) async throws -> Result
    ) async throws -> Result {
        let client = RegistryClient(
            for: endpoint,
            settings: settings,
            time: time,
            log: log,
            credentials: credentials
        )
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Closes the connections and ends the thread that serves them.
    package func shutdown() async {
        await connection.transport.shutdown()
    }

    /// Asks whether a registry answers, with one request and without credentials.
    ///
    /// Throws ``RegistryError/Reason/notARegistry`` if something else does.
    package func ping() async throws(RegistryError) -> RegistryPresence {
        try await operation { deadline async throws(RegistryError) in
            try await connection.presence(before: deadline)
        }
    }

    /// Runs one operation within its time, and remembers if it found the registry to be down.
    ///
    /// - Parameter isOptional: whether its failure must not keep others from asking
    func operation<Result: Sendable>(
        isOptional: Bool = false,
        _ body: (Deadline) async throws(RegistryError) -> Result
    ) async throws(RegistryError) -> Result {
        let deadline = try await connection.begin()
        do throws(RegistryError) {
            return try await body(deadline)
        } catch {
            if !isOptional { await connection.ended(with: error) }
            throw error
        }
    }

    /// The path of the registry's interface for `repository`. Throws if it lives in another registry.
    func path(_ repository: RepositoryName, _ rest: String) throws(RegistryError) -> String {
        let normalized = try? repository.normalized()
        guard let normalized, let own = try? RegistryEndpoint(of: normalized), own == endpoint else {
            throw RegistryError(
                .unsupported,
                host: endpoint.name,
                request: "\(repository)",
                words: "this repository is in another registry"
            )
        }
        return "/v2/\(normalized.path)/\(rest)"
    }
}

/// How registries are asked, and how much is read of what they say.
@dynamicMemberLookup
package struct RegistrySettings: Sendable {
    /// How servers are spoken to. Its properties can be had from here.
    package var http: HTTPSettings
    /// How long one operation may take, with all requests, tokens, waits and retries.
    package var operationLimit: Duration = .seconds(7)

    /// Bytes of a manifest or index. Registries accept 4 MiB (OCI distribution specification, "Pushing Manifests").
    package var manifestLimit = 4 << 20
    /// Bytes of an image's configuration.
    package var configurationLimit = 8 << 20
    /// Bytes of one page of tags.
    package var tagPageLimit = 8 << 20
    /// How many pages of tags are read.
    package var tagPages = 1_000

    /// Takes proxies and `SSL_CERT_FILE` from `environment`.
    package init(environment: [String: String]) {
        http = HTTPSettings(environment: environment)
    }

    /// The same, with a registry that may speak plain http or have a certificate that no one trusts.
    ///
    /// - Parameter host: with a port where there is one
    package func allowingInsecure(_ host: String) -> RegistrySettings {
        var settings = self
        settings.http.insecureRegistries.append(host)
        return settings
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<HTTPSettings, Value>) -> Value {
        get { http[keyPath: path] }
        set { http[keyPath: path] = newValue }
    }
}
