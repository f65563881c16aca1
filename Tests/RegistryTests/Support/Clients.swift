import HTTP
import Images
import Logging
import Registry

/// Runs `body` with a client for the registry at `address`.
///
/// Unless `change` sets another limit, it waits a minute for every answer, so that results do not depend on how busy
/// this machine is.
func withClient<Result>(
    _ address: String,
    settings change: (inout RegistrySettings) -> Void = { _ in },
    time: RegistryTime = ManualTime().time,
    log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    credentials: @escaping CredentialSource = { _ in nil },
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    var settings = RegistrySettings(environment: [:])
    settings.connectLimit = .seconds(60)
    settings.requestLimit = .seconds(60)
    settings.operationLimit = .seconds(60)
    change(&settings)
    return try await RegistryClient.withClient(
        for: try RegistryEndpoint(host: address),
        settings: settings,
        time: time,
        log: log,
        credentials: credentials,
        body
    )
}

/// The error that `body` throws; nil if it throws none, or an error of another type.
func registryError(_ body: () async throws -> Void) async -> RegistryError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RegistryError
    }
}

extension FakeRegistry {
    /// The repository `team/app`, under this server's address.
    var repository: RepositoryName {
        get throws { try RepositoryName(host: address, path: "team/app") }
    }

    /// The tag `v1` in `team/app`, or another tag, or a digest.
    func reference(_ tag: String = "v1", digest: Digest? = nil) throws -> RegistryReference {
        try RegistryReference(repository: try repository, tag: digest == nil ? tag : nil, digest: digest)
    }
}
