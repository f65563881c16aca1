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
    /// Counts logins, and takes a while for each.
    private struct CountingProvider: Provider {
        static let name = "counting"
        static let title = "a test"
        static let options: [OptionDefinition] = []
        let counter: Counter
        var identity = "ci"

        init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
            counter = Counter()
        }

        func ofUntrustedBuilds(_ choice: UntrustedRepository) -> CountingProvider { self }
        var nameWithPermissions: String? { nil }
        func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? { nil }
        func loginIdentity(_ tools: ProviderTools) -> String? { identity }

        func login(
            to repository: RepositoryName,
            by way: LoginWay,
            _ tools: ProviderTools
        ) async throws(ProviderError) -> ProviderLogin {
            counter.value.withLock { $0 += 1 }
            for _ in 0..<100 { await Task.yield() }
            return .password(username: "ci", password: "secret", lifetime: nil, origin: "a test")
        }
    }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    /// Runs `body` with a registry at which nothing listens, so that each query ends at once, and with the shell script
    /// `docker` as docker. The script starts in a new directory, and `login` is its only command.
    private static func withRegistry(
        docker: String = "cat >/dev/null",
        _ body: (CacheRegistry, Counter, FilePath) async throws -> Void
    ) async throws {
        try await withRegistries(as: ["ci"], docker: docker) { try await body($0[0], $1, $2) }
    }

    /// Several repositories of that registry, each with the login of a different identity.
    private static func withRegistries(
        as identities: [String],
        docker: String = "cat >/dev/null",
        _ body: ([CacheRegistry], Counter, FilePath) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let program = directory.appending("docker")
            try Data("#!/bin/sh\nPATH=/usr/bin:/bin\ncd '\(directory)'\n\(docker)".utf8)
                .write(to: URL(filePath: program.string))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.string)
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let access = RegistryAccess(
                settings: RegistrySettings(environment: [:]),
                time: .ofThisMachine(),
                log: log,
                credentials: { _ in nil }
            )
            let repository = try RepositoryName("127.0.0.1:1/app")
            let provider = try CountingProvider(image: repository, options: .given([]), environment: nil)
            let registries = try identities.map { identity in
                var provider = provider
                provider.identity = identity
                return CacheRegistry(
                    provider: provider,
                    repository: repository,
                    docker: try DockerClient(environment: ["PATH": directory.string], log: log),
                    access: access,
                    tools: .forTests(),
                    progress: .standardError
                )
            }
            try await body(registries, provider.counter, directory)
            await access.shutdown()
        }
    }

    private static func manifest(_ registry: CacheRegistry) async throws -> FetchedManifest? {
        try await registry.manifest(of: try ImageReference(repository: registry.repository, tag: "latest"))
    }

    private static func wait(for file: FilePath) async throws {
        while !FileManager.default.fileExists(atPath: file.string) { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test func howeverManyAskAtOnceOneLoginIsMade() async throws {
        try await Self.withRegistry { registry, counter, _ in
            let reference = try ImageReference(repository: registry.repository, tag: "latest")
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        await #expect(throws: RegistryError.self) {
                            if number.isMultiple(of: 2) {
                                _ = try await registry.digest(of: reference)
                            } else {
                                _ = try await registry.manifest(of: reference)
                            }
                        }
                    }
                }
            }
            #expect(counter.value.withLock { $0 } == 1)
        }
    }

    /// Docker keeps one login per host, but tokens of Buildkite Packages are valid for one registry only.
    @Test(arguments: [(["ci", "ci"], 2), (["ci", "other"], 4)])
    func repositoriesOfOneHostThatNeedOtherLoginsTakeTurns(identities: [String], logins: Int) async throws {
        try await Self.withRegistries(as: identities) { registries, counter, _ in
            for _ in 0..<2 {
                for registry in registries { try await registry.logIn() }
            }
            #expect(counter.value.withLock { $0 } == logins)
        }
    }

    /// A query that does not wait for docker may fail for the same reason as the login. The login's error is reported.
    @Test func whatKeepsDockerFromLoggingInIsSaid() async throws {
        try await Self.withRegistry(docker: "cat >/dev/null; echo 'it is so' >&2; exit 1") { registry, counter, _ in
            for _ in 0..<2 {
                let error = await #expect(throws: DockerError.self) { try await Self.manifest(registry) }
                #expect("\(error as Any)".contains("it is so"))
            }
            #expect(counter.value.withLock { $0 } == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoIsCancelledWaitsNoLongerAndTheLoginGoesOnForTheOthers() async throws {
        let docker = "cat >/dev/null; touch began; while [ ! -e go ]; do sleep 0.05; done; touch ended"
        try await Self.withRegistry(docker: docker) { registry, _, directory in
            let other = Task { try await registry.logIn() }
            try await Self.wait(for: directory.appending("began"))
            let pull = Task { try await registry.pull(Digest(of: "x".utf8), platform: nil) }
            pull.cancel()
            await #expect(throws: CancellationError.self) { try await pull.value }
            try Data().write(to: URL(filePath: directory.appending("go").string))
            try await other.value
            #expect(FileManager.default.fileExists(atPath: directory.appending("ended").string))
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoeverWaitsForALoginThatIsCancelledGetsAnother() async throws {
        let docker = "cat >/dev/null; touch began; while [ ! -e go ]; do sleep 0.05; done"
        try await Self.withRegistry(docker: docker) { registry, counter, directory in
            let first = Task { try await registry.logIn() }
            try await Self.wait(for: directory.appending("began"))
            let others = (1...3).map { _ in Task { try await registry.logIn() } }
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            try Data().write(to: URL(filePath: directory.appending("go").string))
            for other in others { try await other.value }
            #expect(counter.value.withLock { $0 } == 2)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aLoginIsWaitedForAtTheEndUnlessNobodyNeedsIt() async throws {
        for isNeeded in [true, false] {
            let docker = "cat >/dev/null; touch began; while [ ! -e go ]; do sleep 0.05; done; touch ended"
            try await Self.withRegistry(docker: docker) { registry, _, directory in
                let asking = Task { try await Self.manifest(registry) }
                try await Self.wait(for: directory.appending("began"))
                asking.cancel()
                await #expect(throws: (any Error).self) { try await asking.value }
                if isNeeded { try Data().write(to: URL(filePath: directory.appending("go").string)) }
                await registry.endLogin(isNeeded: isNeeded)
                #expect(FileManager.default.fileExists(atPath: directory.appending("ended").string) == isNeeded)
            }
        }
    }
}
