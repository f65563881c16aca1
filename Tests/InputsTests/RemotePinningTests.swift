import Fingerprint
import FoundationEssentials
import HTTP
import Host
import Logging
import SystemPackage
import Synchronization
import TestSupport
import Testing

@testable import Inputs

@Suite struct RemotePinningTests {
    private struct Silence: Error {}

    private static func sources(_ dockerfile: String) -> [RemoteSource] {
        RemoteSource.all(
            in: Array(dockerfile.utf8),
            parameters: DockerfileParameters(target: nil, buildArguments: [], platform: "linux/amd64")
        )
    }

    private static func pins(
        _ dockerfile: String,
        index: LookupIndex,
        memoryMark: String = "",
        content: @escaping @Sendable (URL, RemoteContent?) async throws -> RemoteContent = { _, _ in throw Silence() },
        commit: @escaping @Sendable (String?, String) async throws -> String = { _, _ in throw Silence() }
    ) async throws -> [RemotePin] {
        let pinning = RemotePinning(
            index: index,
            memoryMark: memoryMark,
            content: content,
            commit: commit,
            now: { 1_795_459_500_000 },
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return try await pinning.pins(sources(dockerfile))
    }

    private static func withIndex(_ body: (LookupIndex) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let log = Logger(label: "test")
            try await body(LookupIndex(at: directory.appending("index.db"), now: 1_795_459_500_000, log: log))
        }
    }

    @Test func eachIsWhatItsServerSays() async throws {
        try await Self.withIndex { index in
            let pins = try await Self.pins(
                """
                FROM scratch
                ADD https://example.com/a /a
                ADD https://example.com/b.git#v1 /b
                ADD --checksum=sha256:\(String(repeating: "0", count: 64)) https://example.com/c /c
                """,
                index: index,
                content: { url, _ in RemoteContent(digest: "of \(url.absoluteString)", tag: nil, address: "a") },
                commit: { name, repository in "\(name ?? "") of \(repository)" }
            )
            #expect(pins.map(\.line) == [2, 3])
            #expect(
                pins.map(\.meaning.text) == [
                    "sha256:of https://example.com/a", "commit:v1 of https://example.com/b.git",
                ]
            )
        }
    }

    @Test func whatCannotBeAskedIsUnknown() async throws {
        try await Self.withIndex { index in
            let pins = try await Self.pins(
                "FROM scratch\nADD https://example.com/a /a\nADD https://example.com/b.git /b\n",
                index: index
            )
            #expect(pins.map(\.meaning) == [.unknown, .unknown])
        }
    }

    @Test func theIndexIsBelievedWhereTheServerSaysSoAndHoldsNoAddress() async throws {
        try await Self.withIndex { index in
            let asked = Mutex<[RemoteContent?]>([])
            let secret = "https://example.com/a?token=kept-from-everyone"
            // An answer that another kind of build got is not used.
            for mark in ["", "", "untrusted ", "untrusted ", ""] {
                let pins = try await Self.pins(
                    "FROM scratch\nADD \(secret) /a\n",
                    index: index,
                    memoryMark: mark,
                    content: { _, known in
                        asked.withLock { $0.append(known) }
                        return known ?? RemoteContent(digest: "d", tag: "\"1\"", address: "where")
                    }
                )
                #expect(pins.map(\.meaning) == [.content(digest: "d")])
            }
            let known = RemoteContent(digest: "d", tag: "\"1\"", address: "where")
            #expect(asked.withLock { $0 } == [nil, known, nil, known, known])
            let path = try #require(index.path)
            let bytes = try Data(contentsOf: URL(filePath: path.string))
            let log = (try? Data(contentsOf: URL(filePath: "\(path.string)-wal"))) ?? Data()
            #expect(!String(decoding: bytes + log, as: UTF8.self).contains("kept-from-everyone"))
        }
    }
}
