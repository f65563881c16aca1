import FoundationEssentials
package import SystemPackage

/// What the docker command keeps in `config.json`, as far as it is used here.
///
/// A field of another type than Docker writes counts as absent, and does not keep the others from being read.
package struct DockerConfiguration: Equatable, Sendable {
    /// The Docker context in use; nil or `default` for the daemon of this machine.
    package var currentContext: String?
    /// Where plugins are looked for besides Docker's own places.
    package var extraPluginDirectories: [FilePath] = []
    /// `auths`: credentials by registry, the secrets in plain sight.
    package var entries: [String: CredentialEntry] = [:]
    /// `credHelpers`: by registry, the helper that knows its credentials, an empty one standing for `auths`.
    package var helpers: [String: String] = [:]
    /// `credsStore`: the helper for every registry that has none of its own.
    package var store: String?
    /// `proxies`: by daemon, or `default`, what containers and builds get for proxies.
    package var proxies: [String: ProxyVariables] = [:]
    /// Whether `HttpHeaders` has docker show the daemon something of its own: a proxy before it may ask for that. The
    /// name of the client, which clients before version 20 wrote there, is not meant.
    package var addsHeaders = false

    /// The directory with everything that the docker command keeps for a user: `DOCKER_CONFIG`, else `~/.docker`.
    /// Nil where there is neither.
    ///
    /// - Parameter home: the user's home directory
    package static func directory(environment: [String: String], home: FilePath?) -> FilePath? {
        environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : FilePath($0) } ?? home?.appending(".docker")
    }

    /// What Docker's `proxies` say of one daemon. The names are those of Docker's file.
    package struct ProxyVariables: Equatable, Sendable, Decodable {
        var httpProxy: String?
        var httpsProxy: String?
        var ftpProxy: String?
        var noProxy: String?
        var allProxy: String?
    }

    /// The variables that docker hands on to a build, in capitals and in small letters.
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

    /// Nothing is configured.
    package init() {}

    /// Reads `config.json` in `directory`. A file that is not there says nothing, and so does an empty one.
    ///
    /// Throws if there is a file and it cannot be read, or is not JSON.
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

    /// Reads the text of a `config.json`.
    ///
    /// - Parameter source: where it comes from, for messages
    init(json: Data, source: String) throws(CredentialError) {
        guard !json.isEmpty else {
            self.init()
            return
        }
        do {
            self = try JSONDecoder().decode(DockerConfiguration.self, from: json)
        } catch {
            // The decoder's own words may quote the text, and with it a secret.
            throw .malformedConfiguration(source: source)
        }
    }
}

extension FilePath {
    /// What the file holds. Foundation's error does not say in plain words what is wrong with it; `Errno` does.
    func content() throws -> Data {
        let descriptor = try FileDescriptor.open(self, .readOnly)
        return try descriptor.closeAfter {
            var content = Data()
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while case let count = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
                content.append(contentsOf: buffer[..<count])
            }
            return content
        }
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

/// Where the daemon is that the `docker` command talks to: on this machine, or perhaps on another.
///
/// Only a daemon elsewhere has to be asked which platform it builds for, and asking costs a process.
package enum DaemonLocation: Equatable, Sendable {
    /// A socket of this machine.
    case thisMachine
    /// An address that may be another machine's; the text is for messages.
    case elsewhere(String)

    /// Finds out where the docker command finds its daemon.
    ///
    /// Anything that cannot be read is taken to be elsewhere, so that the daemon itself is asked.
    package init(environment: [String: String], home: FilePath?) {
        switch Self.address(environment: environment, home: home) {
        case .success(let address): self.init(address: address)
        case .failure(let unknown): self = .elsewhere("context \(unknown.name)")
        }
    }

    /// A Docker context whose address cannot be found.
    package struct UnknownContext: Error, Equatable {
        package let name: String
    }

    /// The daemon's address as the docker command finds it: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else
    /// `currentContext` of `config.json`, whose address is in `contexts/meta/*/meta.json` below Docker's configuration
    /// directory, else the socket of this machine.
    package static func address(environment: [String: String], home: FilePath?) -> Result<String, UnknownContext> {
        if let host = environment["DOCKER_HOST"], !host.isEmpty { return .success(host) }
        guard let directory = DockerConfiguration.directory(environment: environment, home: home) else {
            return .success(defaultAddress)
        }
        var context = environment["DOCKER_CONTEXT"] ?? ""
        if context.isEmpty {
            // A file that cannot be read is for docker to complain of.
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
        // A file that is not there, or not JSON, is for docker to complain of.
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
