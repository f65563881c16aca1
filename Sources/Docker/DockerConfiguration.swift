package import FoundationEssentials
import Processes
package import SystemPackage

/// The parts of the docker command's `config.json` that are used here.
///
/// A field of a type that Docker does not write is treated as absent. It does not affect the remaining fields.
package struct DockerConfiguration: Equatable, Sendable {
    /// The Docker context in use. Nil or `default` means this machine's daemon.
    package var currentContext: String?
    /// Additional plugin directories besides Docker's own.
    package var extraPluginDirectories: [FilePath] = []
    /// `auths`: the credentials by registry, with unencrypted secrets.
    package var entries: [String: CredentialEntry] = [:]
    /// `credHelpers`: the credential helper by registry. An empty name means `auths`.
    package var helpers: [String: String] = [:]
    /// `credsStore`: the helper for all registries without a helper in ``helpers``.
    package var store: String?
    /// `proxies`: the proxy settings for containers and builds, by daemon, or `default`.
    package var proxies: [String: ProxyVariables] = [:]
    /// Whether `HttpHeaders` adds headers to requests to the daemon, which a proxy may require. The client's name,
    /// which clients before version 20 wrote there, is ignored.
    package var addsHeaders = false

    /// The directory of the docker command's configuration for a user: `DOCKER_CONFIG`, otherwise `~/.docker`. Nil if
    /// there is neither.
    ///
    /// - Parameter home: the user's home directory
    package static func directory(environment: [String: String], home: FilePath?) -> FilePath? {
        environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : FilePath($0) } ?? home?.appending(".docker")
    }

    /// The entry of one daemon in Docker's `proxies`. The names are those of Docker's file.
    package struct ProxyVariables: Equatable, Sendable, Decodable {
        var httpProxy: String?
        var httpsProxy: String?
        var ftpProxy: String?
        var noProxy: String?
        var allProxy: String?
    }

    /// The proxy variables that docker passes to a build, in upper and lower case.
    ///
    /// https://docs.docker.com/engine/cli/proxy/
    /// - Parameter host: the daemon's address
    package func proxies(host: String?) -> [(name: String, value: String)] {
        guard let found = host.flatMap({ proxies[$0] }) ?? proxies["default"] else { return [] }
        let values = [
            ("HTTP_PROXY", found.httpProxy), ("HTTPS_PROXY", found.httpsProxy), ("FTP_PROXY", found.ftpProxy),
            ("NO_PROXY", found.noProxy), ("ALL_PROXY", found.allProxy),
        ]
        return values.flatMap { name, value in
            value.map { value in value.isEmpty ? [] : [(name, value), (name.lowercased(), value)] } ?? []
        }
    }

    /// Creates an empty configuration.
    package init() {}

    /// Reads `config.json` in `directory`. A missing or empty file gives an empty configuration.
    ///
    /// Throws if the file exists and cannot be read, or is not JSON.
    package init(in directory: FilePath) throws(CredentialError) {
        let file = directory.appending("config.json")
        let content: Data
        do {
            content = try file.content()
        } catch Errno.noSuchFileOrDirectory {
            self.init()
            return
        } catch {
            throw .unreadableConfiguration(file: file.string, reason: "\(error)")
        }
        try self.init(json: content, source: file.string)
    }

    /// Parses the content of a `config.json`.
    ///
    /// - Parameter source: the file or variable that it comes from, for messages
    init(json: Data, source: String) throws(CredentialError) {
        guard !json.isEmpty else {
            self.init()
            return
        }
        do {
            self = try JSONDecoder().decode(DockerConfiguration.self, from: json)
        } catch {
            // The decoder's message may quote the content, and with it a secret.
            throw .malformedConfiguration(source: source)
        }
    }
}

extension FilePath {
    /// The content of the file. Unlike Foundation's error, `Errno` describes the problem in plain words.
    package func content() throws -> Data {
        let descriptor = try FileDescriptor.open(self, .readOnly)
        return try descriptor.closeAfter { Data(try descriptor.readToEnd()) }
    }
}

extension DockerConfiguration: Decodable {
    // The names are those of Docker's file.
    private enum CodingKeys: String, CodingKey {
        case currentContext, cliPluginsExtraDirs, auths, credHelpers, credsStore, proxies, HttpHeaders
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        currentContext = try? fields.decode(String.self, forKey: .currentContext)
        let directories = try? fields.decode([String].self, forKey: .cliPluginsExtraDirs)
        extraPluginDirectories = (directories ?? []).map { FilePath($0) }
        entries = (try? fields.decode([String: CredentialEntry].self, forKey: .auths)) ?? [:]
        helpers = (try? fields.decode([String: String].self, forKey: .credHelpers)) ?? [:]
        proxies = (try? fields.decode([String: ProxyVariables].self, forKey: .proxies)) ?? [:]
        let headers = (try? fields.decode([String: String].self, forKey: .HttpHeaders)) ?? [:]
        addsHeaders = headers.keys.contains { $0.lowercased() != "user-agent" }
        store = try? fields.decode(String.self, forKey: .credsStore)
    }
}

/// The location of docker's daemon: this machine, or possibly another one.
///
/// Only a daemon elsewhere has to be queried for its platform, which costs one process.
package enum DaemonLocation: Equatable, Sendable {
    /// A socket on this machine.
    case thisMachine
    /// An address that may be on another machine. The string is for messages.
    case elsewhere(String)

    /// Determines the location of docker's daemon.
    ///
    /// If a context's address cannot be found, the daemon is assumed to be elsewhere and is queried for its platform.
    package init(environment: [String: String], home: FilePath?) {
        switch Self.address(environment: environment, home: home) {
        case .success(let address): self.init(address: address)
        case .failure(let unknown): self = .elsewhere("context \(unknown.name)")
        }
    }

    /// A Docker context with an unknown address.
    package struct UnknownContext: Error, Equatable {
        package let name: String
    }

    /// The daemon's address, as docker determines it: `DOCKER_HOST`, otherwise the address of the context in
    /// `DOCKER_CONTEXT`, otherwise that of `currentContext` in `config.json`, otherwise the socket of this machine. The
    /// address of a context is in `contexts/meta/*/meta.json` below Docker's configuration directory.
    package static func address(environment: [String: String], home: FilePath?) -> Result<String, UnknownContext> {
        if let host = environment["DOCKER_HOST"], !host.isEmpty { return .success(host) }
        guard let directory = DockerConfiguration.directory(environment: environment, home: home) else {
            return .success(defaultAddress)
        }
        var context = environment["DOCKER_CONTEXT"] ?? ""
        if context.isEmpty {
            // docker itself reports a file that cannot be read.
            context = (try? DockerConfiguration(in: directory))?.currentContext ?? ""
        }
        guard !context.isEmpty, context != "default" else { return .success(defaultAddress) }
        let contexts = directory.appending("contexts").appending("meta")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: contexts.string)) ?? []
        for name in names {
            let file = contexts.appending(name).appending("meta.json")
            if let metadata = Self.metadata(at: file), metadata.Name == context {
                return .success(metadata.Endpoints["docker"]?.Host ?? "")
            }
        }
        return .failure(UnknownContext(name: context))
    }

    private static let defaultAddress = "unix:///var/run/docker.sock"

    private init(address: String) {
        self = address.hasPrefix("unix://") || address.hasPrefix("npipe://") ? .thisMachine : .elsewhere(address)
    }

    private static func metadata(at file: FilePath) -> ContextMetadata? {
        // docker itself reports a file that is missing or not JSON.
        guard let data = try? Data(contentsOf: URL(filePath: file.string)) else { return nil }
        return try? JSONDecoder().decode(ContextMetadata.self, from: data)
    }

    // The names are those of Docker's file.
    private struct ContextMetadata: Decodable {
        struct Endpoint: Decodable { var Host: String? }
        var Name: String
        var Endpoints: [String: Endpoint]
    }
}
