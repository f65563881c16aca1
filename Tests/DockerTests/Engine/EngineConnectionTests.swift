import CLibrary
import Dispatch
import FoundationEssentials
import Images
import Logging
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Docker

/// How a daemon query is sent, and that the docker command is used if the daemon's socket gives no usable answer.
@Suite struct EngineConnectionTests {
    static let ways: [(address: String?, [String: String], configuration: String?, EngineConnection)] = [
        ("unix:///var/run/docker.sock", [:], "{}", .socket("/var/run/docker.sock")),
        ("unix:///run/user/1000/docker.sock", [:], "", .socket("/run/user/1000/docker.sock")),
        ("unix:///a", ["DOCKER_TLS_VERIFY": "1"], "{}", .socket("/a")),
        ("unix:///a", [:], #"{"HttpHeaders":{"User-Agent":"Docker-Client/19"}}"#, .socket("/a")),
        ("unix:///a", ["DOCKER_API_VERSION": "", "DOCKER_CUSTOM_HEADERS": ""], "{}", .socket("/a")),
        // Docker itself must interpret these.
        ("unix://", [:], "{}", .command),
        ("unix://docker.sock", [:], "{}", .command),
        (" unix:///a", [:], "{}", .command),
        ("tcp://127.0.0.1:2375", [:], "{}", .command),
        ("ssh://user@host", [:], "{}", .command),
        ("npipe:////./pipe/docker_engine", [:], "{}", .command),
        ("fd://", [:], "{}", .command),
        ("", [:], "{}", .command),
        (nil, [:], "{}", .command),
        ("unix:///a", [:], nil, .command),
        ("unix:///a", [:], #"{"HttpHeaders":{"X-Proxy":"1"}}"#, .command),
        ("unix:///a", ["DOCKER_CUSTOM_HEADERS": "a=b"], "{}", .command),
        ("unix:///a", ["DOCKER_API_VERSION": "1.41"], "{}", .command),
    ]

    @Test(arguments: ways)
    func onlyASocketOfThisMachineWithNothingBetweenIsAskedDirectly(
        address: String?,
        environment: [String: String],
        configuration: String?,
        expected: EngineConnection
    ) throws {
        let read = try configuration.map { try DockerConfiguration(json: Data($0.utf8), source: "config.json") }
        for isScript in [false, true] {
            let way = EngineConnection(
                isScript: isScript,
                address: address,
                environment: environment,
                configuration: read
            )
            #expect(way == (isScript ? .command : expected))
        }
    }

    @Test func dockerItsContextAndItsConfigurationAreRead() throws {
        try withTemporaryDirectory { home in
            let directory = home.appending(".docker")
            try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
            let docker = home.appending("docker")
            func way(_ environment: [String: String] = [:], home: FilePath? = home) -> EngineConnection {
                EngineConnection(docker: docker, environment: environment, home: home)
            }
            #expect(way() == .command)
            try write(Array("#!/bin/sh\n".utf8), to: docker)
            #expect(way() == .command)
            try write([0x7F] + Array("ELF and more".utf8), to: docker)
            #expect(way() == .socket("/var/run/docker.sock"))
            #expect(way(home: nil) == .socket("/var/run/docker.sock"))
            try DaemonLocationTests.write(directory, current: "rootless", context: "rootless", host: "unix:///r.sock")
            #expect(way() == .socket("/r.sock"))
            #expect(way(["DOCKER_CONTEXT": "other"]) == .command)
            try write(Array("{".utf8), to: directory.appending("config.json"))
            #expect(way() == .command)
        }
    }

    private static let image = #"{"Id":"sha256:1","Size":5,"RepoTags":["app:1"]}"#

    private static func http(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static let answers: [(said: String, id: String?)] = [
        (http("200 OK", image + "\n"), "sha256:1"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n\(image)\r\n0\r\n\r\n", "sha256:1"),
        ("HTTP/1.1 200 OK\r\n\r\n\(image)", "sha256:1"),
        (http("404 Not Found", #"{"message":"No such image: app:1"}"#), nil),
        (http("404 Not Found", #"{"message":"no such image: app:1: No such image: app:1"}"#), nil),
        // Answers after which the docker command is used.
        (http("404 Not Found", #"{"message":"page not found"}"#), "sha256:docker"),
        (http("400 Bad Request", #"{"message":"client version 1.24 is too old"}"#), "sha256:docker"),
        (http("403 Forbidden", "denied by a proxy"), "sha256:docker"),
        (http("500 Internal Server Error", #"{"message":"No such image: the store is broken"}"#), "sha256:docker"),
        (http("200 OK", "<html>"), "sha256:docker"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\(image)", "sha256:docker"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n\(image)", "sha256:docker"),
        ("HTTP/1.1 200 OK\r\n\r\n" + image.dropLast(), "sha256:docker"),
        ("SSH-2.0-OpenSSH\r\n", "sha256:docker"),
        ("", "sha256:docker"),
    ]

    @Test(arguments: answers)
    func whatTheDaemonSaysCountsAndAnythingElseIsLeftToDocker(said: String, id: String?) async throws {
        try await withDaemon(saying: said) { client, requests in
            let found = try await client.inspectImage("host:5000/app@sha256:2")
            #expect(found?.id == id)
            #expect(requests().hasPrefix("GET /images/host:5000/app%40sha256:2/json HTTP/1.1\r\n"))
            let several = try await client.inspectImages(["app:1"])
            #expect(several.map(\.id) == (id.map { [$0] } ?? []))
        }
    }

    @Test func whereNobodyListensDockerIsAsked() async throws {
        for path in ["/nowhere/docker.sock", "/" + String(repeating: "x", count: 200)] {
            try await withDocker(asking: .socket(FilePath(path))) { client in
                let found = try await client.inspectImage("app:1")
                #expect(found?.id == "sha256:docker")
            }
        }
    }

    @Test func aDaemonThatIsSilentHoldsUpNobodyWhoIsCancelled() async throws {
        try await withDaemon(saying: nil) { client, requests in
            let question = Task { try await client.inspectImage("app:1") }
            while requests().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            question.cancel()
            await #expect(throws: DockerError.self) { try await question.value }
        }
    }

    /// The daemon has not said a word when the pull turns out to be unnecessary.
    @Test(.timeLimit(.minutes(1))) func aPullThatIsCancelledIsNotSentAgain() async throws {
        let said = CollectedLog(.trace)
        try await withDaemon(saying: nil, log: said.logger) { client, requests in
            let null = try FileDescriptor.open("/dev/null", .writeOnly)
            defer { try? null.close() }
            let pull = Task { try await client.pull("host:5000/app:1", progress: null) }
            while requests().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            pull.cancel()
            await #expect(throws: DockerError.self) { try await pull.value }
            #expect(requests().hasPrefix("POST /images/create?"))
        }
        let lines = said.messages
        #expect(lines.contains { $0.contains("POST /images/create") })
        #expect(!lines.contains { $0.contains("dial-stdio") || $0.contains("docker pull") }, "\(lines)")
    }

    /// Runs `body` with a docker that returns one image for every query.
    private func withDocker(
        asking connection: EngineConnection,
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: (DockerClient) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("docker").string
            let script = "#!/bin/sh\n[ \"$1 $2\" = 'image inspect' ] && echo '{\"Id\":\"sha256:docker\"}'\n"
            try Data(script.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            var client = try DockerClient(
                environment: ["PATH": "\(directory):/usr/bin:/bin", "HOME": directory.string],
                log: log
            )
            #expect(client.connection == .command)
            client.connection = connection
            try await body(client)
        }
    }

    /// - Parameter body: also gets the last request to the daemon
    private func withDaemon(
        saying answer: String?,
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: (DockerClient, () -> String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("socket")
            let daemon = try FakeDaemon(at: path, saying: answer)
            defer { daemon.stop() }
            try await withDocker(asking: .socket(path), log: log) { client in
                try await body(client) { daemon.heard.withLock { $0 } }
            }
        }
    }
}

/// A daemon that gives every client the same answer and then closes the connection, or that never answers or closes it.
private final class FakeDaemon: Sendable {
    private let listener: FileDescriptor
    let heard = Mutex("")

    init(at path: FilePath, saying answer: String?) throws {
        let listener = FileDescriptor(rawValue: socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0))
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.string.utf8)) }
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener.rawValue, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0, listen(listener.rawValue, 8) == 0 else { throw Errno(rawValue: errno) }
        DispatchQueue.global().async { [self] in
            while true {
                let client = FileDescriptor(rawValue: accept(listener.rawValue, nil, nil))
                guard client.rawValue >= 0 else { break }
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                let count = (try? buffer.withUnsafeMutableBytes { try client.read(into: $0) }) ?? 0
                heard.withLock { $0 = String(decoding: buffer[..<count], as: UTF8.self) }
                guard let answer else { continue }
                _ = try? client.writeAll(Array(answer.utf8))
                try? client.close()
            }
            try? listener.close()
        }
    }

    func stop() { _ = shutdown(listener.rawValue, CInt(SHUT_RDWR)) }
}
