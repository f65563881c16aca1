import Images
import NIOHTTP1
import Registry
import Testing

@Suite struct ReadingTests {
    private static let amd64 = SampleImage()
    private static let arm64 = SampleImage(architecture: "arm64", created: "2026-11-21T10:00:00Z")
    private static let index = SampleImage.index([("amd64", amd64), ("arm64", arm64)])

    /// A registry with only an image `v1` and an index `multi`.
    @Sendable private static func answer(_ request: RecordedRequest) -> FakeReply {
        let path = request.uri.replacing("/v2/team/app/", with: "")
        for image in [amd64, arm64] {
            if path == "manifests/\(image.digest)" { return .manifest(image.manifest, type: image.type) }
            if path == "blobs/\(image.identifier)" { return .registry(200, image.configuration) }
        }
        switch path {
        case "manifests/v1": return .manifest(amd64.manifest, type: amd64.type)
        case "manifests/multi": return .manifest(index, type: .imageIndex)
        default: return .error(404, "MANIFEST_UNKNOWN")
        }
    }

    @Test func anImageTakesTwoRequests() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            let image = try await withClient(registry.address) {
                try await $0.image(registry.reference(), platform: #require(Platform("linux/amd64")))
            }
            #expect(image?.named == Self.amd64.fetched)
            #expect(image?.manifestDigest == Self.amd64.digest)
            #expect(image?.identifier == Self.amd64.identifier)
            #expect(image?.configuration.created == "2026-11-20T10:00:00Z")
            #expect(image?.configuration.labels == ["io.docker-cache.key": "k"])
            #expect(
                registry.lines == [
                    "GET /v2/team/app/manifests/v1", "GET /v2/team/app/blobs/\(Self.amd64.identifier)",
                ]
            )
        }
    }

    @Test func anImageInAnIndexTakesThreeRequests() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            let image = try await withClient(registry.address) {
                try await $0.image(registry.reference("multi"), platform: #require(Platform("linux/arm64")))
            }
            #expect(image?.named.digest == Digest(of: Self.index.utf8))
            #expect(image?.named.mediaType == .imageIndex)
            #expect(image?.manifestDigest == Self.arm64.digest)
            #expect(image?.configuration.platform?.description == "linux/arm64")
            #expect(registry.lines.count == 3)
        }
    }

    @Test func aPlatformThatTheIndexLacksIsNotThere() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            let image = try await withClient(registry.address) {
                try await $0.image(registry.reference("multi"), platform: #require(Platform("linux/s390x")))
            }
            #expect(image == nil)
        }
    }

    @Test func allFourTypesAreAcceptedInOneHeaderAndNothingElse() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            _ = try await withClient(registry.address) { try await $0.manifest(of: registry.reference()) }
            let accepted = registry.requests.first?.headers["Accept"] ?? []
            #expect(accepted == [MediaType.manifestTypes.map(\.description).joined(separator: ", ")])
        }
    }

    @Test func whatATagNamesIsToldByOneHead() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            let descriptor = try await withClient(registry.address) {
                try await $0.descriptor(of: registry.reference())
            }
            #expect(descriptor == Self.amd64.fetched.descriptor)
            #expect(registry.lines == ["HEAD /v2/team/app/manifests/v1"])
        }
    }

    @Test func aTagThatIsNotThereIsAnAnswer() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            try await withClient(registry.address) { client in
                #expect(try await client.descriptor(of: registry.reference("no")) == nil)
                #expect(try await client.manifest(of: registry.reference("no")) == nil)
                let platform = try #require(Platform("linux/amd64"))
                #expect(try await client.image(registry.reference("no"), platform: platform) == nil)
            }
            #expect(registry.lines.count == 3)
        }
    }

    @Test(arguments: [
        FakeReply.plain(405), .registry(200, "", ["Content-Type": MediaType.imageManifest.description]),
        .plain(404),
    ])
    func whereHeadSaysTooLittleTheManifestIsAskedFor(head: FakeReply) async throws {
        let image = Self.amd64
        let answer: FakeRegistry.Answer = { request in
            request.method == "HEAD" ? head : .manifest(image.manifest, type: image.type)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let descriptor = try await withClient(registry.address) {
                try await $0.descriptor(of: registry.reference())
            }
            #expect(descriptor == image.fetched.descriptor)
            #expect(registry.lines == ["HEAD /v2/team/app/manifests/v1", "GET /v2/team/app/manifests/v1"])
        }
    }

    @Test func connectionsAreReusedAndTheSchemeIsFoundOutOnce() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            try await withClient(registry.address) { client in
                for _ in 0..<3 { _ = try await client.manifest(of: registry.reference()) }
            }
            #expect(registry.connections == 1)
        }
    }

    @Test func aTypeThatIsMissingIsFoundInTheContent() async throws {
        let content = Self.amd64.manifest
        try await FakeRegistry.withRegistry(answering: { _ in .registry(200, content) }) { registry in
            let manifest = try await withClient(registry.address) { try await $0.manifest(of: registry.reference()) }
            #expect(manifest == Self.amd64.fetched)
        }
    }

    @Test func aRepositoryOfAnotherRegistryIsNotAskedFor() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.manifest(of: RegistryReference("alpine")) }
            }
            #expect(error?.words == "this repository is in another registry")
            #expect(registry.requests.isEmpty)
        }
    }
}
