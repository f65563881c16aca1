import FoundationEssentials
package import Images
package import Logging
package import SystemPackage

/// The credentials for registries that the docker command has on this machine.
///
/// They are looked for where Docker looks, in its order: in `DOCKER_AUTH_CONFIG` (clients from 28.3 on), which holds
/// JSON like that of `config.json` and of which only `auths` counts; then, in `config.json`, with the helper that
/// `credHelpers` names for the registry, else with the one that `credsStore` names for all, else in `auths`. A helper
/// that has no credential has the last word: what `auths` says beside it is out of date, and Docker does not use it.
///
/// The value is what was configured when it was made. After a `docker login`, make a new one.
package struct DockerCredentials: Sendable {
    private let environment: [String: String]
    private let variable: DockerConfiguration
    private let configuration: DockerConfiguration
    private let file: String
    private let helperTimeLimit: Duration
    private let clock: any Clock<Duration>
    private let log: Logger

    /// Reads the configuration; no helper is run.
    ///
    /// - Parameters:
    ///   - environment: `DOCKER_AUTH_CONFIG`, `DOCKER_CONFIG` and `PATH` count; helpers run with all of it
    ///   - home: the user's home directory
    ///   - helperTimeLimit: how long a helper may take, for it may ask a person or a network
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

    /// Finds the credential for a registry, running one helper at most. Nil if there is none.
    ///
    /// - Parameter host: `host[:port]`; every name of Docker Hub means the same
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

    /// Whether the configuration says where a credential for a registry would come from. No helper is run.
    ///
    /// With `credsStore` that is so for every registry, whether or not the store has a credential.
    ///
    /// - Parameter host: `host[:port]`; every name of Docker Hub means the same
    package func hasEntry(for host: String) -> Bool {
        let key = CredentialKey(host)
        return helper(for: key) != nil
            || [variable, configuration].contains { (key.value(in: $0.entries) ?? .empty) != .empty }
    }

    /// Whether a helper would be asked for a registry's credential. None is run.
    ///
    /// - Parameter host: `host[:port]`; every name of Docker Hub means the same
    package func hasHelper(for host: String) -> Bool { helper(for: CredentialKey(host)) != nil }

    /// An empty name in `credHelpers` exempts a registry from `credsStore`. Only Docker's own spelling of a registry
    /// counts here.
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

    /// The environment is in here, with `DOCKER_AUTH_CONFIG` and what else is secret in it.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What stands for one registry under `auths` in Docker's configuration.
package enum CredentialEntry: Equatable, Sendable {
    case credential(RegistryCredential)
    /// No secret: `docker login` leaves such an entry where a credential store keeps it.
    case empty
    /// Neither: `auth` is not the base 64 of `user:password`.
    case malformed
}

extension CredentialEntry: Decodable {
    // The names are those of Docker's file.
    private enum CodingKeys: String, CodingKey {
        case identitytoken, auth, username, password
    }

    /// Takes `identitytoken` before `auth`, which then holds the user alone, and `auth` before `username` and
    /// `password`, as Docker does.
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
            // The first colon is the separator; a password may hold more of them.
            let colon = text.firstIndex(of: ":"), colon != text.startIndex
        else { return .malformed }
        // Docker drops NULs at the end of a password.
        let password = text[text.index(after: colon)...].reversed().drop { $0 == "\0" }.reversed()
        return .credential(.password(username: String(text[..<colon]), password: String(password)))
    }
}

/// The name under which Docker keeps a registry's credentials, in whichever way it is written.
///
/// Clients have written `host[:port]`, `https://host` and `https://host/v1/` over the years, and read all of them.
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

    /// What Docker itself writes, and gives to helpers.
    var serverAddress: String {
        host == Self.dockerHubIndex ? "https://\(host)/v1/" : host
    }

    /// The value in `table` that is meant for this registry: the one under Docker's own spelling if there is one.
    func value<Value>(in table: [String: Value]) -> Value? {
        if let value = table[serverAddress] { return value }
        // Docker takes any of several; sorted, it is the same one every time.
        return table.keys.sorted().first { CredentialKey($0) == self }.flatMap { table[$0] }
    }

    private static let dockerHubIndex = "index.docker.io"
    private static let dockerHub: Set<String> = ["docker.io", dockerHubIndex, "registry-1.docker.io"]
}
