import FoundationEssentials
import Images
import NIOHTTP1
import Registry
import Synchronization
import Testing

/// Whether a registry would accept a push, tested without a push.
@Suite struct UploadTests {
    private static func begun(_ location: String) -> FakeReply { .registry(202, "", ["Location": location]) }

    /// The registry's answers to the start and the end of an upload, and the expected result.
    private static let cases: [(begin: FakeReply, end: FakeReply, expected: UploadTrial)] = [
        (begun("/v2/team/app/blobs/uploads/1?state=a"), .registry(204, ""), .accepted),
        (begun("1?state=a"), .registry(204, ""), .accepted),
        (begun("/v2/team/app/blobs/uploads/1?state=a"), .error(405, "UNSUPPORTED"), .acceptedForGood),
        (begun("/v2/team/app/blobs/uploads/1?state=a"), .error(404, "BLOB_UPLOAD_UNKNOWN"), .acceptedForGood),
        (.error(404, "NAME_UNKNOWN"), .registry(204, ""), .noRepository),
    ]

    @Test(arguments: cases.indices)
    func anUploadIsBegunAndTakenBack(position: Int) async throws {
        let (begin, end, expected) = Self.cases[position]
        let answer: FakeRegistry.Answer = { $0.method == "POST" ? begin : end }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let trial = try await withClient(registry.address) { try await $0.tryUpload(to: registry.repository) }
            #expect(trial == expected)
            let lines = registry.lines.filter { !$0.hasSuffix("/v2/") }
            #expect(lines.first == "POST /v2/team/app/blobs/uploads/")
            let rest = expected == .noRepository ? [] : ["DELETE /v2/team/app/blobs/uploads/1?state=a"]
            #expect(Array(lines.dropFirst()) == rest)
        }
    }

    private static let failures: [(reply: FakeReply, reason: RegistryError.Reason)] = [
        (.error(403, "DENIED"), .forbidden),
        (.error(405, "UNSUPPORTED"), .unsupported),
        (.error(500, "UNKNOWN"), .serverFailed),
        (.unauthorised("Basic realm=\"fake\""), .unauthorised),
        (.registry(202, ""), .invalidContent),
        (begun("file:///etc/passwd"), .invalidContent),
        (begun("http://somebody@example.com/1"), .invalidContent),
        (.registry(200, "", ["Location": "/v2/team/app/blobs/uploads/1"]), .invalidContent),
    ]

    @Test(arguments: failures.indices)
    func whatKeepsAPushFromSucceedingIsThrown(position: Int) async throws {
        let (reply, reason) = Self.failures[position]
        try await FakeRegistry.withRegistry(answering: { _ in reply }) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.tryUpload(to: registry.repository) }
            }
            #expect(error?.reason == reason)
        }
    }

    @Test func anotherHostThatTakesTheUploadGetsNoCredentials() async throws {
        try await FakeRegistry.withRegistry(answering: { _ in .registry(204, "") }) { other in
            let answer: FakeRegistry.Answer = { request in
                guard request.authorization != nil else { return .unauthorised("Basic realm=\"fake\"") }
                return Self.begun("http://\(other.address)/upload/1")
            }
            try await FakeRegistry.withRegistry(answering: answer) { registry in
                let credential = RegistryCredential.password(username: "me", password: "hunter2")
                let trial = try await withClient(registry.address, credentials: { _ in credential }) {
                    try await $0.tryUpload(to: registry.repository)
                }
                #expect(trial == .accepted)
                #expect(other.requests.map(\.authorization) == [nil])
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.open)
    func aRealRegistryTakesAnUploadBack(registry: RealRegistry) async throws {
        // A unique name, to which nothing was pushed before, and nothing is pushed afterwards.
        let repository = try RepositoryName(
            host: registry.address,
            path: "test/upload-\(UInt64.random(in: 0...UInt64.max))"
        )
        try await withClient(registry.address, time: .ofThisMachine()) { client in
            let trial = try await client.tryUpload(to: repository)
            let tags = try await client.tags(of: repository)
            #expect(trial == .accepted)
            #expect(tags == nil)
        }
    }
}
