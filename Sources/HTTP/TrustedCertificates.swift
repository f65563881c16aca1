import FoundationEssentials
import NIOSSL
import SystemPackage

/// Whose certificates are believed, and what is shown of ourselves.
struct TrustedCertificates {
    package let settings: HTTPSettings
    /// The registry's `host[:port]` as it stands in the names of images, which is what Docker's directories are called.
    package let registry: String

    /// How TLS is done with `origin`.
    ///
    /// The roots in the registry's own directory count for its token server and for where it redirects as well: one who
    /// runs a registry with a certificate of their own does the same with these. The client's certificate is for the
    /// registry alone.
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

    /// In order of their names. A directory that is not there, which is the usual case, has none.
    private func files(of name: String, suffix: String) -> [FilePath] {
        guard let directory = settings.certificateDirectory?.appending(name) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { directory.appending($0) }
    }
}
