import Images
import Testing

@Suite struct ImageIndexTests {
    private static func digest(_ digit: Character) -> String { "sha256:" + String(repeating: digit, count: 64) }

    /// An index with one manifest for each of `platforms`. The digests consist of ones, twos and so on.
    private static func index(_ platforms: [String], extra: String = "") throws -> ImageIndex {
        let manifests = platforms.enumerated().map { position, platform in
            """
            {"mediaType": "\(MediaType.imageManifest)", "digest": "\(digest(Character("\(position + 1)")))", "size": 7
            \(platform.isEmpty ? "" : ", \"platform\": \(platform)")}
            """
        }
        let text = """
            {"schemaVersion": 2, "mediaType": "\(MediaType.imageIndex)",
             "manifests": [\(manifests.joined(separator: ","))]
            \(extra)}
            """
        return try ImageIndex(parsing: text.utf8, as: .imageIndex)
    }

    private static let amd64 = #"{"os": "linux", "architecture": "amd64"}"#
    private static let arm64 = #"{"os": "linux", "architecture": "arm64", "variant": "v8"}"#
    private static let armv6 = #"{"os": "linux", "architecture": "arm", "variant": "v6"}"#
    private static let armv7 = #"{"os": "linux", "architecture": "arm", "variant": "v7"}"#
    private static let attestation = #"{"os": "unknown", "architecture": "unknown"}"#

    @Test(
        arguments: [
            ([amd64, arm64], "linux/amd64", "1"),
            ([amd64, arm64], "linux/arm64", "2"),
            ([amd64, arm64], "linux/arm64/v8", "2"),
            ([amd64, arm64], "linux/s390x", nil),
            ([amd64, arm64], "windows/amd64", nil),
            ([armv6, armv7], "linux/arm", "2"),
            ([armv6, amd64], "linux/arm/v7", "1"),
            ([armv7, amd64], "linux/arm/v6", nil),
            ([attestation, amd64], "linux/amd64", "2"),
            ([attestation], "linux/amd64", nil),
            ([amd64, amd64], "linux/amd64", "1"),
            ([amd64], "linux/amd64/v3", "1"),
            ([""], "linux/amd64", "1"),
            (["", ""], "linux/amd64", nil),
            ([attestation, ""], "linux/amd64", "2"),
            ([], "linux/amd64", nil),
        ] as [([String], String, Character?)]
    )
    func theManifestIsTheOneDockerWouldTake(platforms: [String], wanted: String, expected: Character?) throws {
        let found = try Self.index(platforms).manifest(for: try #require(Platform(wanted)))
        #expect(found?.digest.description == expected.map(Self.digest))
    }

    @Test func anAnnotationMarksAnAttestationToo() throws {
        let text = """
            {"manifests": [{"mediaType": "\(MediaType.imageManifest)", "digest": "\(Self.digest("1"))", "size": 1,
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}]}
            """
        let index = try ImageIndex(parsing: text.utf8, as: .dockerManifestList)
        #expect(index.manifests.map(\.isAttestation) == [true])
        #expect(index.manifest(for: try #require(Platform("linux/amd64"))) == nil)
    }

    @Test(arguments: [
        ("", ContentError.notJSON),
        ("[]", .notJSON),
        ("{}", .missing(field: "manifests")),
        (#"{"manifests": {}}"#, .missing(field: "manifests")),
        (#"{"manifests": [], "layers": []}"#, .ambiguous),
        (#"{"manifests": [], "config": {}}"#, .ambiguous),
        (#"{"manifests": [], "Layers": []}"#, .ambiguous),
        (#"{"manifests": [{}]}"#, .missing(field: "digest")),
        (#"{"manifests": [{"digest": "sha256:1", "size": 1}]}"#, .malformedDigest("sha256:1")),
        (
            #"{"manifests": [], "mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
            .contradictoryType(stated: .imageIndex, own: .imageManifest)
        ),
    ])
    func whatIsNoIndexIsRefused(text: String, error: ContentError) {
        #expect(throws: error) { try ImageIndex(parsing: text.utf8, as: .imageIndex) }
    }

    @Test func aManifestIsNotReadAsAnIndex() {
        #expect(throws: ContentError.unknownType(.imageManifest)) {
            try ImageIndex(parsing: #"{"manifests": []}"#.utf8, as: .imageManifest)
        }
    }
}
