package import HTTP
import Images
package import Logging

/// A client for one registry. It reads manifests, tags and the age of images, and moves and deletes tags (OCI
/// distribution specification).
///
/// Every method is an operation. It takes at most ``RegistrySettings/operationLimit`` in total and throws a
/// ``RegistryError``. A missing object is a result, not an error. After an operation has found the registry
/// unreachable, all later ones fail immediately with the same error. Create a new client to try again.
///
/// Before the first operation, the client sends nothing and starts no threads. Afterwards it needs ``shutdown()``,
/// which ``withClient(for:settings:time:log:credentials:_:)`` calls.
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

    /// Runs `body` with a client that is shut down afterwards, even if `body` throws.
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

    /// Checks whether a registry answers, with one request and without credentials.
    ///
    /// Throws ``RegistryError/Reason/notARegistry`` if something else answers.
    package func ping() async throws(RegistryError) -> RegistryPresence {
        try await operation { deadline async throws(RegistryError) in
            try await connection.presence(before: deadline)
        }
    }

    /// Runs one operation within its time limit, and records if it found the registry to be down.
    ///
    /// - Parameter isOptional: whether later operations may run even if this one fails
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

    /// The path in the registry's API for `repository`. Throws if it is in another registry.
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

/// Settings for requests to registries, and limits for their answers.
@dynamicMemberLookup
package struct RegistrySettings: Sendable {
    /// The HTTP settings. Their properties are also available on this type.
    package var http: HTTPSettings
    /// The time limit of one operation, including all requests, tokens, waits and retries.
    package var operationLimit: Duration = .seconds(7)

    /// The maximum size of a manifest or index, in bytes. Registries accept 4 MiB (OCI distribution specification,
    /// "Pushing Manifests").
    package var manifestLimit = 4 << 20
    /// The maximum size of an image's configuration, in bytes.
    package var configurationLimit = 8 << 20
    /// The maximum size of one page of tags, in bytes.
    package var tagPageLimit = 8 << 20
    /// The maximum number of pages of tags.
    package var tagPages = 1_000

    /// Reads proxies and `SSL_CERT_FILE` from `environment`.
    package init(environment: [String: String]) {
        http = HTTPSettings(environment: environment)
    }

    /// A copy in which a registry may use plain HTTP or an untrusted certificate.
    ///
    /// - Parameter host: with its port if it has one
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
