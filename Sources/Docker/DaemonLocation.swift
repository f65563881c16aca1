import FoundationEssentials
package import SystemPackage

/// Where the daemon is that the `docker` command talks to: on this machine, or perhaps on another.
///
/// Only a daemon elsewhere has to be asked which platform it builds for, and asking costs a process.
package enum DaemonLocation: Equatable, Sendable {
    /// A socket of this machine.
    case thisMachine
    /// An address that may be another machine's; the text is for messages.
    case elsewhere(String)

    /// Finds out as the docker command does: `DOCKER_HOST`, else `DOCKER_CONTEXT`, else `currentContext` of
    /// `config.json`, whose address is in `contexts/meta/*/meta.json` below Docker's configuration directory.
    ///
    /// Anything that cannot be read is taken to be elsewhere, so that the daemon itself is asked.
    package init(environment: [String: String], home: FilePath?) {
        if let host = environment["DOCKER_HOST"], !host.isEmpty {
            self.init(address: host)
            return
        }
        guard let directory = DockerConfiguration.directory(environment: environment, home: home) else {
            self = .thisMachine
            return
        }
        var context = environment["DOCKER_CONTEXT"] ?? ""
        if context.isEmpty {
            // A file that cannot be read is for docker to complain of.
            context = (try? DockerConfiguration(in: directory))?.currentContext ?? ""
        }
        guard !context.isEmpty, context != "default" else {
            self = .thisMachine
            return
        }
        let contexts = directory.appending("contexts").appending("meta")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: contexts.string)) ?? []
        for name in names {
            let file = contexts.appending(name).appending("meta.json")
            if let metadata = Self.metadata(at: file), metadata.Name == context {
                self.init(address: metadata.Endpoints["docker"]?.Host ?? "")
                return
            }
        }
        self = .elsewhere("context \(context)")
    }

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
