import FoundationEssentials
import Images
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Docker

/// A real daemon, over its socket and with the docker command: both give the same results.
@Suite(.enabled(if: TestSettings.variable("DOCKER_CACHE_TEST_DOCKER_KIND") != nil, "script/test starts a daemon"))
struct DockerInspectionTests {
    private static let environment = ProcessInfo.processInfo.environment

    private func docker() throws -> DockerClient {
        try DockerClient(environment: Self.environment, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func run(_ client: DockerClient, _ arguments: String...) async throws {
        let answer = try await client.capture(arguments)
        #expect(answer.status == 0, "docker \(arguments): \(answer.errorText)")
    }

    /// Images of several kinds, with every kind of name that lookups use.
    private func names(_ client: DockerClient, _ name: String, in directory: FilePath) async throws -> [String] {
        let texts = [
            "FROM scratch\nCOPY Dockerfile /\n",
            "FROM docker-cache-test/busybox\nENV A=1 B=\"x y\"\nLABEL \"a.b\"=\"quotes: \\\"\" c=ü\nONBUILD RUN true\n",
            "FROM --platform=linux/arm64 scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n",
        ]
        for (number, text) in texts.enumerated() {
            let place = directory.appending("\(number)")
            try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
            try write(Array(text.utf8), to: place.appending("Dockerfile"))
            try await run(client, "build", "--quiet", "--tag", "\(name):\(number)", place.string)
        }
        try await run(client, "tag", "\(name):0", "localhost:5000/\(name)/other:a_b.c-d")
        let registry = try #require(TestSettings.variable("DOCKER_CACHE_TEST_REGISTRY"))
        let pushed = "\(registry)/\(name):1"
        try await run(client, "tag", "\(name):1", pushed)
        try await run(client, "push", "--quiet", pushed)
        var names = (0..<texts.count).map { "\(name):\($0)" }
        names += ["localhost:5000/\(name)/other:a_b.c-d", pushed, "docker-cache-test/busybox"]
        for known in names {
            let details = try #require(try await client.inspectImageByCommand(known), "\(known)")
            names += [details.id] + details.repositoryDigests
        }
        return names
    }

    @Test func bothWaysGiveTheSameDetails() async throws {
        let client = try docker()
        guard case .socket(let path) = client.connection else {
            Issue.record("the daemon's socket is not asked")
            return
        }
        let socket = EngineSocket(path: path)
        let name = "docker-cache-test-inspection-\(UInt32.random(in: 0 ... .max))"
        try await withTemporaryDirectory { directory in
            let names = try await names(client, name, in: directory)
            #expect(names.contains { $0.contains("@sha256:") })
            for name in names {
                let found = try #require(try await client.inspectImage(name, over: socket), "\(name)")
                let expected = try #require(try await client.inspectImageByCommand(name), "\(name)")
                #expect(found.details == expected, "\(name)")
            }
            let together = try await client.inspectImages(names)
            #expect(try await client.inspectImagesByCommand(names) == together)
            let digest = "sha256:" + String(repeating: "0", count: 64)
            for absent in ["\(name):no", "localhost:1/\(name)/x:1", digest, "\(name)@\(digest)"] {
                let found = try #require(try await client.inspectImage(absent, over: socket), "\(absent)")
                #expect(found.details == nil)
                let byCommand = try await client.inspectImageByCommand(absent)
                #expect(byCommand == nil)
            }
            let answer = try await client.capture(["image", "ls", "--quiet", "--filter", "reference=*\(name)*"])
            let other = try await client.capture(["image", "ls", "--quiet", "--filter", "reference=*/\(name)*"])
            for id in Set((answer.output + other.output).split(whereSeparator: \.isNewline)) {
                _ = try await client.capture(["image", "rm", "--force", String(id)])
            }
        }
    }

    // MARK: Changes

    /// The same client, which always uses the docker command.
    private func byCommand(_ client: DockerClient) -> DockerClient {
        var other = client
        other.connection = .command
        return other
    }

    @Test(arguments: [false, true])
    func bothWaysNamePushAndPull(isByCommand: Bool) async throws {
        let socketClient = try docker()
        let client = isByCommand ? byCommand(socketClient) : socketClient
        let registry = try #require(TestSettings.variable("DOCKER_CACHE_TEST_REGISTRY"))
        let name = "docker-cache-test-transfer-\(UInt32.random(in: 0 ... .max))"
        let repository = try RepositoryName("\(registry)/\(name)")
        let reference = try ImageReference(repository: repository, tag: "a_b.c-d")
        try await withTemporaryDirectory { directory in
            let dockerfile = "FROM docker-cache-test/busybox\nLABEL a=\(name)\n"
            try write(Array(dockerfile.utf8), to: directory.appending("Dockerfile"))
            try await run(client, "build", "--quiet", "--tag", "\(name):1", directory.string)
            try await client.tag("\(name):1", as: reference)
            let output = try FileDescriptor.open(
                directory.appending("progress"),
                .writeOnly,
                options: [.create, .append],
                permissions: .ownerReadWrite
            )
            defer { try? output.close() }
            #expect(try await client.push(reference, limit: .seconds(60), progress: output) == .pushed)
            let pushed = try #require(try await client.inspectImage(reference.description))
            let digest = try #require(pushed.digest(in: repository).flatMap(Digest.init))
            for used in ["\(name):1", reference.description] { _ = try await client.removeName(used) }
            let first = try await client.pull(repository, digest: digest, platform: nil, progress: output)
            #expect(first == .pulled)
            let pulled = try #require(try await client.inspectImage("\(repository)@\(digest)"))
            #expect(pulled.id == pushed.id)
            let other = Digest(of: "not there".utf8)
            let second = try await client.pull(repository, digest: other, platform: nil, progress: output)
            #expect(second == .notInRegistry)
            let file = URL(filePath: directory.appending("progress").string)
            let progress = try String(contentsOf: file, encoding: .utf8)
            #expect(progress.contains("The push refers to repository [\(repository)]"))
            #expect(progress.contains("Digest: \(digest)"))
            _ = try await client.removeName("\(repository)@\(digest)")
        }
    }

    @Test func bothWaysSayTheSameOfWhatCannotBeDone() async throws {
        let client = try docker()
        let nowhere = try ImageReference(repository: RepositoryName("127.0.0.1:1/nothing"), tag: "a")
        func failure(_ client: DockerClient, _ body: (DockerClient) async throws(DockerError) -> Void) async -> String {
            do {
                try await body(client)
                return "none"
            } catch {
                return "\(error)"
            }
        }
        func tag(_ client: DockerClient) async throws(DockerError) {
            try await client.tag("docker-cache-test-nothing:1", as: nowhere)
        }
        func push(_ client: DockerClient) async throws(DockerError) {
            _ = try await client.push(nowhere, limit: .seconds(60), progress: .standardError)
        }
        let (socketTag, commandTag) = (await failure(client, tag), await failure(byCommand(client), tag))
        #expect(socketTag == commandTag && socketTag.contains("No such image"))
        let (socketPush, commandPush) = (await failure(client, push), await failure(byCommand(client), push))
        #expect(socketPush == commandPush && socketPush != "none")
    }
}
