import FoundationEssentials
import NIOSSL
import SystemPackage
import TestSupport
import Testing

@testable import HTTP
@testable import Registry

@Suite struct TrustedCertificatesTests {
    private static let registry = Origin(scheme: .https, host: "registry.example", port: 5000)

    private static func configuration(
        _ directory: FilePath = "/nonexistent",
        for origin: Origin = registry,
        isRegistry: Bool = true,
        _ change: (inout RegistrySettings) -> Void = { _ in }
    ) throws -> TLSConfiguration {
        var settings = RegistrySettings(environment: [:])
        settings.certificateDirectory = directory
        change(&settings)
        return try TrustedCertificates(settings: settings.http, registry: "registry.example:5000")
            .configuration(for: origin, isRegistry: isRegistry)
    }

    /// Runs `body` with a directory like Docker's `certs.d`, with these files in the registry's own directory.
    private static func withDirectory(_ files: [String: String], _ body: (FilePath) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let own = directory.appending("registry.example:5000")
            try FileManager.default.createDirectory(atPath: own.string, withIntermediateDirectories: true)
            for (name, content) in files {
                try Data(content.utf8).write(to: URL(filePath: own.appending(name).string))
            }
            try body(directory)
        }
    }

    @Test func certificatesAreVerifiedButForInsecureRegistries() throws {
        #expect(try Self.configuration().certificateVerification == .fullVerification)
        let insecure = try Self.configuration { $0.insecureRegistries = ["registry.example:5000"] }
        #expect(insecure.certificateVerification == .none)
        let other = try Self.configuration(for: Origin(scheme: .https, host: "auth.example", port: nil)) {
            $0.insecureRegistries = ["registry.example:5000"]
        }
        #expect(other.certificateVerification == .fullVerification)
    }

    @Test func aFileOfRootsTakesThePlaceOfTheSystems() throws {
        #expect(try Self.configuration().trustRoots == .default)
        let settings = RegistrySettings(environment: ["SSL_CERT_FILE": "/etc/own.pem"])
        #expect(settings.rootCertificates == "/etc/own.pem")
        #expect(try Self.configuration { $0.rootCertificates = "/etc/own.pem" }.trustRoots == .file("/etc/own.pem"))
    }

    @Test func certificatesThatCannotBeReadAreNamed() throws {
        try Self.withDirectory(["ca.crt": "no certificate"]) { directory in
            let file = directory.appending("registry.example:5000/ca.crt")
            #expect(throws: TransportError.unusable("the certificates in \(file) cannot be read")) {
                try Self.configuration(directory)
            }
        }
    }

    @Test func aClientCertificateNeedsItsKey() throws {
        try Self.withDirectory(["client.cert": "no certificate"]) { directory in
            let own = directory.appending("registry.example:5000")
            let words = """
                the client certificate \(own.appending("client.cert")) or its key \(own.appending("client.key")) \
                cannot be read
                """
            #expect(throws: TransportError.unusable(words)) { try Self.configuration(directory) }
            // The client certificate is only for the registry, so it is not even read for another host.
            let origin = Origin(scheme: .https, host: "auth.example", port: nil)
            let other = try Self.configuration(directory, for: origin, isRegistry: false)
            #expect(other.certificateChain.isEmpty)
        }
    }
}
