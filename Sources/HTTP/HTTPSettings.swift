package import SystemPackage

/// How servers are spoken to: limits of time and size, trust, and the way through the network.
package struct HTTPSettings: Sendable {
    /// How long a connection may take to be made, its TLS handshake included.
    package var connectLimit: Duration = .seconds(5)
    /// How long one request may take to be answered in full.
    package var requestLimit: Duration = .seconds(5)
    /// How long a server may say nothing while an answer of any length is read.
    package var silenceLimit: Duration = .seconds(10)
    /// Bytes that are read of an answer that is no success, or comes from a token server.
    package var errorLimit = 64 << 10

    /// Registries that may lack a certificate anyone trusts, or speak plain http: ranges of addresses, and hosts with
    /// or without a port. https without a check of the certificate is tried, and http. The default is Docker's.
    package var insecureRegistries = loopback

    package static let loopback = ["localhost", "127.0.0.0/8", "::1/128"]

    /// A file of root certificates (PEM) instead of the system's; `SSL_CERT_FILE` in the environment.
    package var rootCertificates: FilePath?
    /// Docker's directory of certificates for registries: `HOST[:PORT]/*.crt` are further roots, and each pair of
    /// `*.cert` and `*.key` is a client certificate. Nil for a server that is not a registry.
    package var certificateDirectory: FilePath? = "/etc/docker/certs.d"
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as in an environment.
    package var proxyVariables: [String: String]

    /// Takes proxies and `SSL_CERT_FILE` from `environment`.
    package init(environment: [String: String]) {
        proxyVariables = environment.filter { $0.key.uppercased().hasSuffix("_PROXY") }
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty { rootCertificates = FilePath(file) }
    }

    /// Whether ``insecureRegistries`` names that host.
    package func isInsecure(host: String, port: Int) -> Bool {
        insecureRegistries.compactMap { HostPattern(insecureRegistry: $0) }
            .contains { $0.matches(host: host, port: port) }
    }
}
