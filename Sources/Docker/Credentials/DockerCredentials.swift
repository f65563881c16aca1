import FoundationEssentials
package import Images
package import Logging
package import SystemPackage

/// The docker command's credentials for registries on this machine.
///
/// The sources and their order are Docker's. The first is `DOCKER_AUTH_CONFIG` (clients from 28.3 on), which holds JSON
/// like that of `config.json`; only its `auths` are used. The next is `config.json`: the helper that `credHelpers`
/// names for the registry, otherwise the helper that `credsStore` names for all registries, otherwise `auths`. If a
/// helper has no credential, there is none: an entry in `auths` is then out of date, and Docker does not use it.
///
/// The value is a snapshot of the configuration. After a `docker login`, create a new one.
package struct DockerCredentials: Sendable {
    private let environment: [String: String]
    private let variable: DockerConfiguration
    private let configuration: DockerConfiguration
    private let file: String
    private let helperTimeLimit: Duration
    private let clock: any Clock<Duration>
    private let log: Logger

    /// Reads the configuration. Does not run a helper.
    ///
    /// - Parameters:
    ///   - environment: `DOCKER_AUTH_CONFIG`, `DOCKER_CONFIG` and `PATH` are read; helpers get the whole environment
    ///   - home: the user's home directory
    ///   - helperTimeLimit: the time limit of a helper, which may have to wait for a person or a network
    package init(
        environment: [String: String],
        home: FilePath?,
        helperTimeLimit: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock(),
        log: Logger
    ) throws(CredentialError) {
        self.environment = environment
        self.helperTimeLimit = helperTimeLimit
        self.clock = clock
        self.log = log
        variable = try DockerConfiguration(
            json: Data((environment[Self.variableName] ?? "").utf8),
            source: Self.variableName
        )
        if let directory = DockerConfiguration.directory(environment: environment, home: home) {
            configuration = try DockerConfiguration(in: directory)
            file = directory.appending("config.json").string
        } else {
            configuration = DockerConfiguration()
            file = "config.json"
        }
    }

    /// Finds the credential for a registry. Nil if there is none. Runs at most one helper.
    ///
    /// - Parameter host: `host[:port]`; all names of Docker Hub are equivalent
    package func credential(for host: String) async throws(CredentialError) -> RegistryCredential? {
        let key = CredentialKey(host)
        if let found = try Self.credential(for: key, in: variable, source: Self.variableName) { return found }
        guard let helper = helper(for: key) else {
            return try Self.credential(for: key, in: configuration, source: file)
        }
        return try await CredentialHelper(
            name: helper,
            environment: environment,
            timeLimit: helperTimeLimit,
            clock: clock,
            log: log
        ).credential(for: key)
    }

    /// Whether the configuration has a source for a registry's credential. Does not run a helper.
    ///
    /// With `credsStore`, this is true for every registry, even if the store has no credential for it.
    ///
    /// - Parameter host: `host[:port]`; all names of Docker Hub are equivalent
    package func hasEntry(for host: String) -> Bool {
        let key = CredentialKey(host)
        return helper(for: key) != nil
            || [variable, configuration].contains { (key.value(in: $0.entries) ?? .empty) != .empty }
    }

    /// Whether a registry's credential comes from a helper. Does not run the helper.
    ///
    /// - Parameter host: `host[:port]`; all names of Docker Hub are equivalent
    package func hasHelper(for host: String) -> Bool { helper(for: CredentialKey(host)) != nil }

    /// An empty name in `credHelpers` exempts a registry from `credsStore`. Only Docker's own spelling of a registry
    /// matches here.
    private func helper(for key: CredentialKey) -> String? {
        let helper = configuration.helpers[key.serverAddress] ?? configuration.store ?? ""
        return helper.isEmpty ? nil : helper
    }

    private static func credential(
        for key: CredentialKey,
        in configuration: DockerConfiguration,
        source: String
    ) throws(CredentialError) -> RegistryCredential? {
        switch key.value(in: configuration.entries) {
        case .credential(let credential): return credential
        case .malformed: throw .malformedEntry(host: key.host, source: source)
        case .empty, nil: return nil
        }
    }

    private static let variableName = "DOCKER_AUTH_CONFIG"
}

extension DockerCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "the credentials in \(file)" }

    package var debugDescription: String { description }

    /// Empty, because the environment contains `DOCKER_AUTH_CONFIG` and possibly other secrets.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The entry of one registry under `auths` in Docker's configuration.
package enum CredentialEntry: Equatable, Sendable {
    case credential(RegistryCredential)
    /// An entry without a secret. `docker login` leaves one if a credential store keeps the secret.
    case empty
    /// `auth` is not the base 64 of `user:password`.
    case malformed
}

extension CredentialEntry: Decodable {
    // The names are those of Docker's file.
    private enum CodingKeys: String, CodingKey {
        case identitytoken, auth, username, password
    }

    /// Prefers `identitytoken` to `auth`, which then holds only the user, and `auth` to `username` and `password`, as
    /// Docker does.
    package init(from decoder: any Decoder) throws {
        let fields = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String {
            (try? fields?.decode(String.self, forKey: key)) ?? ""
        }
        if !text(.identitytoken).isEmpty {
            self = .credential(.identityToken(text(.identitytoken)))
        } else if !text(.auth).isEmpty {
            self = Self.decode(text(.auth))
        } else if !text(.username).isEmpty {
            self = .credential(.password(username: text(.username), password: text(.password)))
        } else {
            self = .empty
        }
    }

    private static func decode(_ auth: String) -> CredentialEntry {
        guard let bytes = Data(base64Encoded: auth), let text = String(validating: bytes, as: UTF8.self),
            // The first colon is the separator. A password may contain more of them.
            let colon = text.firstIndex(of: ":"), colon != text.startIndex
        else { return .malformed }
        // Docker drops NULs at the end of a password.
        let password = text[text.index(after: colon)...].reversed().drop { $0 == "\0" }.reversed()
        return .credential(.password(username: String(text[..<colon]), password: String(password)))
    }
}

/// The name under which Docker stores a registry's credentials, in any of its spellings.
///
/// Over the years, clients have written `host[:port]`, `https://host` and `https://host/v1/`, and they read all of
/// them.
struct CredentialKey: Equatable {
    /// `host[:port]`; `index.docker.io` for every name of Docker Hub.
    let host: String

    init(_ text: String) {
        var rest = Substring(text)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest.removeFirst(scheme.count)
        }
        let name = String(rest.prefix { $0 != "/" })
        host = Self.dockerHub.contains(name) ? Self.dockerHubIndex : name
    }

    /// The spelling that Docker itself writes and passes to helpers.
    var serverAddress: String {
        host == Self.dockerHubIndex ? "https://\(host)/v1/" : host
    }

    /// The value for this registry in `table`. Docker's own spelling takes precedence.
    func value<Value>(in table: [String: Value]) -> Value? {
        if let value = table[serverAddress] { return value }
        // Docker takes any of several matches. Sorting makes the choice deterministic.
        return table.keys.sorted().first { CredentialKey($0) == self }.flatMap { table[$0] }
    }

    private static let dockerHubIndex = "index.docker.io"
    private static let dockerHub: Set<String> = ["docker.io", dockerHubIndex, "registry-1.docker.io"]
}
