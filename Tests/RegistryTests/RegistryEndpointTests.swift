import HTTP
import Images
import Testing

@testable import Registry

@Suite struct RegistryEndpointTests {
    @Test(arguments: [
        ("alpine", ["https://registry-1.docker.io"], "https://index.docker.io/v1/"),
        ("index.docker.io/team/app", ["https://registry-1.docker.io"], "https://index.docker.io/v1/"),
        ("quay.io/team/app", ["https://quay.io"], "quay.io"),
        ("Quay.io/team/app", ["https://quay.io"], "Quay.io"),
        ("registry.example:5000/app", ["https://registry.example:5000"], "registry.example:5000"),
        ("localhost/app", ["http://localhost", "https://localhost"], "localhost"),
        ("127.3.2.1:5000/app", ["http://127.3.2.1:5000", "https://127.3.2.1:5000"], "127.3.2.1:5000"),
        ("[::1]:5000/app", ["http://[::1]:5000", "https://[::1]:5000"], "[::1]:5000"),
        ("[fd00::1]/app", ["https://[fd00::1]"], "[fd00::1]"),
    ])
    func aRegistryIsReachedWhereDockerReachesIt(name: String, origins: [String], key: String) throws {
        let endpoint = try RegistryEndpoint(of: RepositoryName(name))
        #expect(endpoint.origins(RegistrySettings(environment: [:])).map(\.description) == origins)
        #expect(endpoint.credentialKey == key)
    }

    @Test(arguments: [
        ("registry.example:5000", true), ("registry.example", true), ("10.0.0.0/8", false), ("example", false),
        ("registry.example:5001", false),
    ])
    func aRegistryThatIsNamedInsecureMaySpeakHTTP(entry: String, isInsecure: Bool) throws {
        var settings = RegistrySettings(environment: [:])
        settings.insecureRegistries = [entry]
        let endpoint = try RegistryEndpoint(host: "registry.example:5000")
        #expect(endpoint.origins(settings).map(\.scheme) == (isInsecure ? [.https, .http] : [.https]))
    }

    @Test func whatIsNoHostIsRefused() {
        #expect(throws: NameError.malformedHost("registry..example")) {
            try RegistryEndpoint(host: "registry..example")
        }
    }
}
