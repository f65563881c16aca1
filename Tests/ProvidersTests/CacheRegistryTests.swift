import Docker
import FoundationEssentials
import HTTP
import Images
import Logging
import Options
import Providers
import Registry
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct CacheRegistryTests {
    /// Counts how often somebody logs in, and takes a while over it.
    private struct CountingProvider: Provider {
        static let name = "counting"
        static let options: [OptionDefinition] = []
        let counter: Counter

        init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
            counter = Counter()
        }

        func ofUntrustedBuilds(_ choice: UntrustedRepository) -> CountingProvider { self }
        func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? { nil }
        func loginIdentity(_ tools: ProviderTools) -> String? { "ci" }

        func login(
            to repository: RepositoryName,
            by way: LoginWay,
            _ tools: ProviderTools
        ) async throws(ProviderError) -> ProviderLogin {
            counter.value.withLock { $0 += 1 }
            for _ in 0..<100 { await Task.yield() }
            return .helper
        }
    }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    @Test func howeverManyAskAtOnceOneLoginIsMade() async throws {
        try await withTemporaryDirectory { directory in
            let docker = directory.appending("docker")
            try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: docker.string))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: docker.string)
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let access = RegistryAccess(
                settings: RegistrySettings(environment: [:]),
                time: .ofThisMachine(),
                log: log,
                credentials: { _ in nil }
            )
            // Nothing listens on port 1, so each question ends at once, after its login.
            let repository = try RepositoryName("127.0.0.1:1/app")
            let provider = try CountingProvider(image: repository, options: .given([]), environment: nil)
            let registry = CacheRegistry(
                provider: provider,
                repository: repository,
                docker: try DockerClient(environment: ["PATH": directory.string], log: log),
                access: access,
                tools: .forTests(),
                progress: .standardError
            )
            let reference = try ImageReference(repository: repository, tag: "latest")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        await #expect(throws: RegistryError.self) { try await registry.digest(of: reference) }
                    }
                }
            }
            await access.shutdown()
            #expect(provider.counter.value.withLock { $0 } == 1)
        }
    }
}
