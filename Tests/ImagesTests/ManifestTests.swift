import Images
import Testing

@Suite struct ManifestTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test func configurationAndLayersAreRead() throws {
        let text = """
            {"schemaVersion": 2, "mediaType": "\(MediaType.dockerManifest)",
             "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "\(Self.digest)",
                        "size": 1500},
             "layers": [{"mediaType": "x/y", "digest": "\(Self.digest)", "size": 5000000000}]}
            """
        let manifest = try Manifest(parsing: text.utf8, as: .dockerManifest)
        #expect(manifest.configuration.digest.description == Self.digest)
        #expect(manifest.configuration.size == 1500)
        #expect(manifest.configuration.mediaType.isImageConfiguration)
        #expect(manifest.layers.map(\.size) == [5_000_000_000])
        #expect(manifest.layerBytes == 5_000_000_000)
    }

    @Test func sizesThatCannotBeAreNoReasonToStop() throws {
        let layer = #"{"mediaType": "x/y", "digest": "\#(Self.digest)", "size": 9000000000000000000}"#
        let text = #"{"config": {"digest": "\#(Self.digest)", "size": 1}, "layers": [\#(layer), \#(layer)]}"#
        #expect(try Manifest(parsing: text.utf8, as: .imageManifest).layerBytes == .max)
    }

    @Test(arguments: [
        ("<html>", ContentError.notJSON),
        ("{}", .missing(field: "config")),
        (#"{"config": {"digest": "\#(digest)", "size": 1}}"#, .missing(field: "layers")),
        (#"{"config": {"digest": "\#(digest)"}, "layers": []}"#, .missing(field: "size")),
        (#"{"config": {"digest": "\#(digest)", "size": "1"}, "layers": []}"#, .missing(field: "size")),
        (#"{"config": {"digest": "\#(digest)", "size": -1}, "layers": []}"#, .negativeSize(-1)),
        (#"{"config": {"digest": "\#(digest)", "size": 1}, "layers": [], "manifests": []}"#, .ambiguous),
        (#"{"config": null, "layers": []}"#, .missing(field: "config")),
    ])
    func whatIsNoManifestIsRefused(text: String, error: ContentError) {
        #expect(throws: error) { try Manifest(parsing: text.utf8, as: .imageManifest) }
    }

    @Test(arguments: [
        ("application/vnd.oci.image.index.v1+json", true, false),
        ("Application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8", true, false),
        ("application/vnd.oci.image.manifest.v1+json", false, true),
        (" application/vnd.docker.distribution.manifest.v2+json ;q=1", false, true),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", false, false),
        ("application/json", false, false),
        ("", false, false),
    ])
    func mediaTypesAreComparedWithoutCaseAndParameters(text: String, isIndex: Bool, isManifest: Bool) {
        #expect(MediaType(text).isIndex == isIndex)
        #expect(MediaType(text).isManifest == isManifest)
    }
}
