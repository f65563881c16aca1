import FoundationEssentials
import Images
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Docker

/// Pulls and pushes with a simulated docker, because no real daemon behaves in these ways on request.
@Suite struct TransferTests {
    private static let head = #"printf 'HTTP/1.1 200 OK\r\n\r\n'"#
    private static let done = #"{"status":"Status: Image is up to date for app"}"#

    /// Pulls with a script as docker, and returns the result and the log.
    private static func pull(
        _ script: String,
        stallLimit: Duration = .seconds(120),
        variables: [String: String] = [:]
    ) async throws -> (Result<DockerClient.PullResult, DockerError>, output: String) {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("docker").string
            try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            let client = try DockerClient(
                environment: ["PATH": "\(directory):/usr/bin:/bin", "HOME": directory.string]
                    .merging(variables) { _, new in new },
                stallLimit: stallLimit,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let log = directory.appending("log")
            let output = try FileDescriptor.open(log, .writeOnly, options: .create, permissions: .ownerReadWrite)
            let result: Result<DockerClient.PullResult, DockerError>
            do throws(DockerError) {
                result = .success(try await client.pull("host.example/app:1", progress: output))
            } catch {
                result = .failure(error)
            }
            try output.close()
            let text = try Data(contentsOf: URL(filePath: log.string))
            return (result, String(decoding: text, as: UTF8.self))
        }
    }

    @Test("What the daemon says is passed on as docker writes it, without the bytes")
    func messages() async throws {
        let (result, output) = try await Self.pull(
            #"""
            \#(Self.head)
            echo '{"status":"Pulling from app","id":"1"}'
            echo '{"status":"Downloading","progressDetail":{"current":5,"total":9},"id":"5b1"}'
            echo '{"status":"Pull complete","progressDetail":{},"id":"5b1"}'
            echo '{"status":"Pull complete","progressDetail":{},"id":"5b1"}'
            echo '\#(Self.done)'
            """#
        )
        #expect(result == .success(.pulled))
        #expect(output == "1: Pulling from app\n5b1: Pull complete\nStatus: Image is up to date for app\n")
    }

    /// A proxy keeps the connection open, whatever the request said.
    @Test(
        "A complete answer is the end, also where the connection stays open",
        .timeLimit(.minutes(1)),
        arguments: [
            "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\n{}\\n\\r\\n0\\r\\n\\r\\n",
            "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}",
            "HTTP/1.1 200 OK\\r\\n\\r\\n\(done)\\n",
        ]
    )
    func openConnection(_ answer: String) async throws {
        for ignoring in ["", "trap '' TERM; "] {
            let (result, _) = try await Self.pull("\(ignoring)printf '\(answer)'; while :; do sleep 1; done")
            #expect(result == .success(.pulled))
        }
    }

    @Test("The platform that the user has set for docker goes to the daemon")
    func platform() async throws {
        let script = #"read -r line; printf 'HTTP/1.1 400 Bad\r\nContent-Length: %s\r\n\r\n%s' ${#line} "$line""#
        for (platform, expected) in [("linux/arm/v7", "&platform=linux/arm/v7 "), ("", "&tag=1 HTTP")] {
            let (result, _) = try await Self.pull(script, variables: ["DOCKER_DEFAULT_PLATFORM": platform])
            guard case .failure(let error) = result else { Issue.record("\(result)"); return }
            #expect("\(error)".contains(expected), "\(error)")
        }
    }

    @Test(
        "What goes wrong is told as docker tells it",
        arguments: [
            (
                #"\#(head); echo '{"errorDetail":{"message":"denied: no"},"error":"denied: no"}'"#,
                "`docker pull host.example/app:1` failed: denied: no. Let the user"
            ),
            (
                #"printf 'HTTP/1.1 500 Error\r\nContent-Length: 19\r\n\r\n{"message":"hello"}'"#,
                "`docker pull host.example/app:1` failed: hello."
            ),
            (
                #"printf 'HTTP/1.1 502 Bad Gateway\r\n\r\n'"#,
                "`docker pull host.example/app:1` failed: status 502 of the Engine's API."
            ),
            (
                #"printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n'; echo broken >&2"#,
                "`docker pull host.example/app:1` failed: the connection to the daemon was closed before it was done"
            ),
            (
                // A body that ends with the connection, without a report of success.
                #"\#(head); echo '{"status":"Downloading","progressDetail":{"current":5,"total":9},"id":"5b1"}'"#,
                "`docker pull host.example/app:1` failed: the connection to the daemon was closed before it was done"
            ),
        ]
    )
    func failures(_ script: String, message: String) async throws {
        let (result, _) = try await Self.pull(script)
        guard case .failure(let error) = result else { Issue.record("\(result)"); return }
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test("That the registry has no such image is an answer")
    func notThere() async throws {
        let answer = #"{"message":"manifest for host.example/app:1 not found: manifest unknown"}"#
        let (result, _) = try await Self.pull(
            #"printf 'HTTP/1.1 404 Not Found\r\nContent-Length: \#(answer.utf8.count)\r\n\r\n%s' '\#(answer)'"#
        )
        #expect(result == .success(.notInRegistry))
    }

    @Test(
        "Where nothing moves, it is stopped",
        arguments: [
            "exec sleep 1000",
            "\(head); exec sleep 1000",
            #"\#(head); while sleep 0.1; do echo '{"status":"x","id":"a","progressDetail":{"current":5}}'; done"#,
            // A process that docker leaves behind must not delay it either.
            "trap '' TERM; \(head); sleep 1000",
        ]
    )
    func stalls(_ script: String) async throws {
        let (result, _) = try await Self.pull(script, stallLimit: .milliseconds(500))
        #expect(result == .failure(.stalled(command: "docker pull host.example/app:1", seconds: 0)))
    }

    @Test("docker's own command is used where it does more than ask the daemon, or leads to no daemon")
    func ownCommand() async throws {
        let script = """
            if [ "$1" = system ]; then echo "docker: unknown command" "$DOCKER_CONTENT_TRUST"; exit 1; fi
            echo "own $*"
            """
        for variables in [[:], ["DOCKER_CONTENT_TRUST": "1"]] {
            let (result, output) = try await Self.pull(script, variables: variables)
            #expect(result == .success(.pulled))
            #expect(output == "own pull host.example/app:1\n")
        }
        let hanging = "if [ $1 = system ]; then exit 1; fi; exec sleep 1000"
        let (result, _) = try await Self.pull(hanging, stallLimit: .milliseconds(50))
        #expect(result == .failure(.tookTooLong(command: "docker pull host.example/app:1", seconds: 0)))
    }

    @Test("The secret is in what the daemon reads, and not in an argument")
    func secret() async throws {
        let (result, output) = try await Self.pull(
            """
            echo "{\\"status\\":\\"$*\\"}" >"$HOME/arguments"
            \(Self.head)
            cat "$HOME/arguments"
            while read -r name value; do
                case $name in X-Registry-Auth:) printf '{"status":"%s"}\\n' "${value%?}" ;; Connection:) break ;; esac
            done
            echo '\(Self.done)'
            """,
            variables: [
                "DOCKER_AUTH_CONFIG": #"{"auths":{"host.example":{"auth":"\#(auth("user:hunter2"))"}}}"#
            ]
        )
        #expect(result == .success(.pulled))
        let lines = output.split(separator: "\n")
        try #require(lines.count == 3)
        #expect(lines[0] == "system dial-stdio")
        let header = lines[1].replacing("-", with: "+").replacing("_", with: "/")
        let shown = try #require(Data(base64Encoded: String(header)))
        let fields = try JSONDecoder().decode([String: String].self, from: shown)
        #expect(fields == ["username": "user", "password": "hunter2", "serveraddress": "host.example"])
    }
}
