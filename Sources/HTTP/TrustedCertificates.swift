import FoundationEssentials
import NIOSSL
import SystemPackage

/// The trusted certificates, and our client certificate.
struct TrustedCertificates {
    package let settings: HTTPSettings
    /// The registry's `host[:port]` as in image names, which is also the name of Docker's directory for it.
    package let registry: String

    /// The TLS configuration for `origin`.
    ///
    /// The roots in the registry's own directory are also trusted for its token server and for redirect targets,
    /// because the operator of a registry with a private certificate usually uses it for these too. The client
    /// certificate is only for the registry.
    package func configuration(for origin: Origin, isRegistry: Bool) throws(TransportError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if settings.isInsecure(host: origin.host, port: origin.port) {
            configuration.certificateVerification = .none
        } else {
            if let file = settings.rootCertificates { configuration.trustRoots = .file(file.string) }
            var roots: [NIOSSLCertificate] = []
            for name in Set([registry, origin.authority]) { roots += try self.roots(of: name) }
            configuration.additionalTrustRoots = [.certificates(roots)]
        }
        if isRegistry { try addIdentity(to: &configuration) }
        return configuration
    }

    private func roots(of name: String) throws(TransportError) -> [NIOSSLCertificate] {
        var roots: [NIOSSLCertificate] = []
        for file in files(of: name, suffix: ".crt") {
            do {
                roots += try NIOSSLCertificate.fromPEMFile(file.string)
            } catch {
                throw .unusable("the certificates in \(file) cannot be read")
            }
        }
        return roots
    }

    private func addIdentity(to configuration: inout TLSConfiguration) throws(TransportError) {
        guard let file = files(of: registry, suffix: ".cert").first else { return }
        let key = file.removingLastComponent().appending("\(file.stem ?? "").key")
        do {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file.string).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key.string, format: .pem))
        } catch {
            throw .unusable("the client certificate \(file) or its key \(key) cannot be read")
        }
    }

    /// The files, sorted by name; none if the directory does not exist, which is the usual case.
    private func files(of name: String, suffix: String) -> [FilePath] {
        guard let directory = settings.certificateDirectory?.appending(name) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { directory.appending($0) }
    }
}
