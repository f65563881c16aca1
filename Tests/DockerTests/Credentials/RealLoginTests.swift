import Images
import Docker
import Logging
import SystemPackage
import TestSupport
import Testing

/// Credentials stored by the real `docker login` are found.
@Suite(.enabled(if: TestLogin.current != nil, "no registries that want a login; script/test starts them"))
struct RealLoginTests {
    /// Logs in with the docker command, and returns the stored credential.
    static func logIn(_ login: TestLogin, to registry: String) async throws -> RegistryCredential? {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await withTemporaryDirectory { directory in
            // The client can log in without a daemon, so DOCKER_HOST is not needed.
            let environment = ["PATH": "/usr/bin:/bin", "DOCKER_CONFIG": directory.string, "HOME": directory.string]
            let before = try DockerCredentials(environment: environment, home: nil, log: log)
            #expect(!before.hasEntry(for: registry))
            try await DockerClient(environment: environment, log: log)
                .logIn(to: registry, username: login.username, password: login.password)
            let after = try DockerCredentials(environment: environment, home: nil, log: log)
            #expect(after.hasEntry(for: registry))
            return try await after.credential(for: registry)
        }
    }

    @Test func thePasswordThatDockerStoresIsFound() async throws {
        let login = try #require(TestLogin.current)
        let found = try await Self.logIn(login, to: login.protectedRegistry)
        #expect(found == .password(username: login.username, password: login.password))
    }

    @Test func theIdentityTokenThatDockerStoresIsFound() async throws {
        let login = try #require(TestLogin.current)
        guard case .identityToken(let token) = try await Self.logIn(login, to: login.tokenRegistry) else {
            Issue.record("no identity token was found")
            return
        }
        #expect(!token.isEmpty)
    }
}
