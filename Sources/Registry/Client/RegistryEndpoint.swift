import HTTP
package import Images

/// Where a registry is spoken to.
package struct RegistryEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// `host[:port]` as it stands in the names of images.
    package let name: String
    /// Where the registry answers, in lower case and without brackets.
    let host: String
    /// Nil for the scheme's own.
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
            // The name in references, the host and the key of the credentials are three different ones.
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

    /// What Docker stores the registry's credentials under.
    package var credentialKey: String {
        name == RegistryReference.defaultHost ? "https://index.docker.io/v1/" : name
    }

    /// The ways to reach the registry, the first to be tried first.
    ///
    /// Docker tries https first wherever http is allowed. On loopback no one listens in between, and a TLS handshake
    /// that fails takes as long as two questions: there http comes first.
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

    /// Whether the registry is among ``RegistrySettings/insecureRegistries``, by the name that it goes by.
    package func isInsecure(_ settings: RegistrySettings) -> Bool {
        [Origin.Scheme.https, .http].contains { settings.http.isInsecure(host: host, port: port ?? $0.defaultPort) }
    }
}
