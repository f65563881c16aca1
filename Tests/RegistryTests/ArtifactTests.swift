import Images
import NIOHTTP1
import Registry
import Synchronization
import Testing

/// Artifacts of images: their form, and the requests for them.
@Suite struct ArtifactTests {
    private static let type = MediaType("application/vnd.example.note.v1+json")
    private static let artifact = Artifact(type: type, content: Array(#"{"a":1}"#.utf8))

    @Test func theManifestIsThatOfTheSpecification() throws {
        let digest = Digest(of: Self.artifact.content)
        let expected = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
            "artifactType":"application/vnd.example.note.v1+json",\
            "config":{"mediaType":"application/vnd.oci.empty.v1+json",\
            "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},\
            "layers":[{"mediaType":"application/vnd.example.note.v1+json","digest":"\(digest)","size":7}]}
            """
        #expect(String(decoding: Self.artifact.manifest, as: UTF8.self) == expected)
        let read = try #require(try ArtifactManifest(parsing: Self.artifact.manifest, as: .imageManifest))
        #expect(read.type == Self.type)
        #expect(read.layer == Descriptor(mediaType: Self.type, digest: digest, size: 7))
    }

    private static let upload = "/v2/team/app/blobs/uploads/1?state=a"
    private static let blob = Digest(of: artifact.content)
    private static let configuration = Digest(of: Artifact.emptyConfiguration)
    private static let mount = "POST /v2/team/app/blobs/uploads/?mount=\(configuration)&from=team/app"
    private static let layer = [
        "POST /v2/team/app/blobs/uploads/", "PUT \(upload)&digest=\(blob)", "PUT /v2/team/app/manifests/note",
    ]

    /// Whether the client believes that the repository has the configuration, whether it does, and the requests.
    private static let cases: [(isKnown: Bool, isThere: Bool, lines: [String])] = [
        (true, true, layer),
        (false, true, [mount] + layer),
        (false, false, [mount, "PUT \(upload)&digest=\(configuration)"] + layer),
        (true, false, layer + [mount, "PUT \(upload)&digest=\(configuration)", layer[2]]),
    ]

    @Test(arguments: cases.indices)
    func whatTheRepositoryHasIsNotUploaded(position: Int) async throws {
        let (isKnown, isThere, lines) = Self.cases[position]
        let isUploaded = Mutex(false)
        let answer: FakeRegistry.Answer = { request in
            if request.method == "POST" {
                let isMounted = isThere && request.uri.contains("mount=")
                return .registry(isMounted ? 201 : 202, "", isMounted ? [:] : ["Location": Self.upload])
            }
            if request.uri.hasSuffix("digest=\(Self.configuration)") { isUploaded.withLock { $0 = true } }
            let hasConfiguration = isThere || isUploaded.withLock { $0 }
            if request.uri.hasSuffix("/manifests/note"), !hasConfiguration {
                return .error(404, "MANIFEST_BLOB_UNKNOWN")
            }
            return .registry(201)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            try await withClient(registry.address) { client in
                try await client.put(
                    Self.artifact,
                    as: ImageReference(repository: registry.repository, tag: "note"),
                    hasConfiguration: isKnown
                )
            }
            #expect(registry.lines == lines)
            let sent = registry.requests.last
            #expect(sent?.body == String(decoding: Self.artifact.manifest, as: UTF8.self))
            #expect(sent?.headers["Content-Type"] == [MediaType.imageManifest.description])
        }
    }

    private static let refusals: [(reply: FakeReply, reason: RegistryError.Reason)] = [
        (.error(400, "MANIFEST_INVALID"), .unsupported), (.error(405, "UNSUPPORTED"), .unsupported),
        (.error(400, "MANIFEST_BLOB_UNKNOWN"), .refused), (.error(409, "CONFLICT"), .refused),
        (.error(400, "TAG_INVALID", "the tag is immutable"), .immutableTag), (.error(403, "DENIED"), .forbidden),
    ]

    @Test(arguments: refusals.indices)
    func aRefusalIsThrown(position: Int) async throws {
        let (reply, reason) = Self.refusals[position]
        let answer: FakeRegistry.Answer = { request in
            if request.uri.contains("/manifests/") { return reply }
            return request.method == "POST" ? .registry(202, "", ["Location": Self.upload]) : .registry(201)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError {
                    let tag = try ImageReference(repository: registry.repository, tag: "note")
                    try await client.put(Self.artifact, as: tag, hasConfiguration: false)
                }
            }
            #expect(error?.reason == reason)
        }
    }

    private static let image = SampleImage()
    private static let others = [
        image.manifest,
        String(decoding: Artifact(type: MediaType("application/x-other"), content: []).manifest, as: UTF8.self),
        #"{"artifactType": "\#(type)", "config": {}, "layers": []}"#,
    ]

    @Test(arguments: others)
    func whatIsNoArtifactOfTheTypeIsNone(manifest: String) async throws {
        let answer: FakeRegistry.Answer = { _ in .manifest(manifest, type: .imageManifest) }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let found = try await withClient(registry.address) { client in
                let tag = try ImageReference(repository: registry.repository, tag: "note")
                return try await client.artifact(tag, type: Self.type, limit: 100)
            }
            #expect(found == nil)
            #expect(registry.lines == ["GET /v2/team/app/manifests/note"])
        }
    }

    @Test(arguments: [(#"{"a":2}"#, 100), (#"{"a":1}"#, 6)])
    func contentThatIsTooMuchOrSomethingElseIsAnError(content: String, limit: Int) async throws {
        let answer: FakeRegistry.Answer = { request in
            guard request.uri.contains("/blobs/") else {
                return .manifest(String(decoding: Self.artifact.manifest, as: UTF8.self), type: .imageManifest)
            }
            return .registry(200, content, ["Content-Type": "application/octet-stream"])
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError {
                    let tag = try ImageReference(repository: registry.repository, tag: "note")
                    _ = try await client.artifact(tag, type: Self.type, limit: limit)
                }
            }
            #expect(error?.reason == .invalidContent)
        }
    }
}
