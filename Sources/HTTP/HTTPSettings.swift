package import SystemPackage

/// Settings for connections to servers: limits of time and size, trusted certificates and proxies.
package struct HTTPSettings: Sendable {
    /// The maximum time to make a connection, including its TLS handshake.
    package var connectLimit: Duration = .seconds(5)
    /// The maximum time until one request is answered in full.
    package var requestLimit: Duration = .seconds(5)
    /// The maximum time without data while an answer of any length is read.
    package var silenceLimit: Duration = .seconds(10)
    /// The maximum number of bytes to read of an unsuccessful answer, or of a token server's answer.
    package var errorLimit = 64 << 10

    /// Registries that may have an untrusted certificate or use plain http: address ranges, and hosts with or without a
    /// port. https without a certificate check is tried first, then http. The default is Docker's.
    package var insecureRegistries = loopback

    package static let loopback = ["localhost", "127.0.0.0/8", "::1/128"]

    /// A file with root certificates (PEM) that replace the system's; `SSL_CERT_FILE` in the environment.
    package var rootCertificates: FilePath?
    /// Docker's directory of registry certificates: `HOST[:PORT]/*.crt` are additional roots, and each pair of `*.cert`
    /// and `*.key` is a client certificate. Nil for a server that is not a registry.
    package var certificateDirectory: FilePath? = "/etc/docker/certs.d"
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as in an environment.
    package var proxyVariables: [String: String]

    /// Reads the proxies and `SSL_CERT_FILE` from `environment`.
    package init(environment: [String: String]) {
        proxyVariables = environment.filter { $0.key.uppercased().hasSuffix("_PROXY") }
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty { rootCertificates = FilePath(file) }
    }

    /// Whether the host is in ``insecureRegistries``.
    package func isInsecure(host: String, port: Int) -> Bool {
        insecureRegistries.compactMap { HostPattern(insecureRegistry: $0) }
            .contains { $0.matches(host: host, port: port) }
    }
}
