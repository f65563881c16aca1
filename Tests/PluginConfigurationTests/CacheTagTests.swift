import Images
import Testing

@testable import PluginConfiguration

@Suite struct CacheTagTests {
    static let key = "0123456789abcdef0123456789abcdef01234567"

    @Test(
        arguments: [
            ("cache-\(key)", "cache"), ("cache-\(key)-r1", "cache"), ("my-cache-\(key)-r12", "my-cache"),
            ("cache-r1-\(key)", "cache-r1"), (key, nil), ("-\(key)", nil), ("latest", nil), ("cache-\(key)-r", nil),
            ("cache-\(key)-rx", nil), ("cache-\(key)x", nil), ("cache-0123", nil),
            ("cache-record-\(key)", nil), ("cache-record-\(key)-r1", "cache-record"),
        ] as [(String, String?)]
    )
    func onlyTagsWithAKeyAreThoseOfCacheImages(tag: String, prefix: String?) {
        #expect(CacheTag(tag)?.prefix == prefix)
        if prefix != nil { #expect(CacheTag(tag)?.key == Self.key) }
    }

    @Test func aRecordIsNamedAfterTheBeginningOfADigest() throws {
        let digest = Digest(of: "image".utf8)
        let tag = ArtifactTag(.record, prefix: "my-cache", digest: digest)
        #expect(tag.description == "my-cache-record-\(digest.description.dropFirst(7).prefix(40))")
        #expect(ArtifactTag(tag.description) == tag)
        #expect(tag.description.utf8.count == "my-cache".utf8.count + ArtifactTag.suffixLength - 3)
    }

    @Test func aSignatureIsNamedInTheSameWay() throws {
        let digest = Digest(of: "image".utf8)
        let tag = ArtifactTag(.signature, prefix: "my-cache", digest: digest)
        #expect(tag.description == "my-cache-signature-\(digest.description.dropFirst(7).prefix(40))")
        #expect(ArtifactTag(tag.description) == tag)
        #expect(CacheTag(tag.description) == nil)
    }

    @Test(arguments: ["-record-\(key)", "cache-\(key)", "record-\(key)", "cache-record-0123", "cache-record-\(key)-r1"])
    func onlyTheirTagsAreThoseOfRecords(tag: String) {
        #expect(ArtifactTag(tag) == nil)
    }
}
