import HTTP
package import Images

/// The address of a registry.
package struct RegistryEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// `host[:port]` as in the names of images.
    package let name: String
    /// The host that answers for the registry, in lower case and without brackets.
    let host: String
    /// Nil for the scheme's default port.
    let port: Int?

    package var description: String { name }

    /// The registry of a repository.
    package init(of repository: RepositoryName) throws(NameError) {
        // `normalized()` gives every name a host.
        self.init(checked: try repository.normalized().host ?? RegistryReference.defaultHost)
    }

    /// The registry at `host[:port]`.
    package init(host: String) throws(NameError) {
        try self.init(of: RepositoryName(host: host, path: "x"))
    }

    private init(checked name: String) {
        self.name = name
        guard name != RegistryReference.defaultHost else {
            // Docker Hub has three different names: in references, as a host, and as the key of its credentials.
            (host, port) = ("registry-1.docker.io", nil)
            return
        }
        var host = Substring(name)
        var port: Int?
        if !name.hasSuffix("]"), let colon = name.lastIndex(of: ":") {
            host = name[..<colon]
            port = Int(name[name.index(after: colon)...])
        }
        self.host = host.filter { $0 != "[" && $0 != "]" }.lowercased()
        self.port = port
    }

    /// The name under which Docker stores the registry's credentials.
    package var credentialKey: String {
        name == RegistryReference.defaultHost ? "https://index.docker.io/v1/" : name
    }

    /// The origins of the registry, in the order in which they are tried.
    ///
    /// Docker tries HTTPS first if HTTP is allowed. On loopback, nothing can listen in between, and a failed TLS
    /// handshake takes as long as two requests. So HTTP comes first there.
    func origins(_ settings: RegistrySettings) -> [Origin] {
        let secure = Origin(scheme: .https, host: host, port: port)
        let plain = Origin(scheme: .http, host: host, port: port)
        guard isInsecure(settings) else { return [secure] }
        return isLoopback ? [plain, secure] : [secure, plain]
    }

    private var isLoopback: Bool {
        HTTPSettings.loopback.compactMap { HostPattern(insecureRegistry: $0) }
            .contains { $0.matches(host: host, port: port ?? Origin.Scheme.http.defaultPort) }
    }

    /// Whether ``RegistrySettings/insecureRegistries`` includes the registry.
    package func isInsecure(_ settings: RegistrySettings) -> Bool {
        [Origin.Scheme.https, .http].contains { settings.http.isInsecure(host: host, port: port ?? $0.defaultPort) }
    }
}
