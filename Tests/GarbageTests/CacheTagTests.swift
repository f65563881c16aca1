import Testing

@testable import Garbage

@Suite struct CacheTagTests {
    static let key = "0123456789abcdef0123456789abcdef01234567"

    @Test(
        arguments: [
            ("cache-\(key)", "cache"), ("cache-\(key)-r1", "cache"), ("my-cache-\(key)-r12", "my-cache"),
            ("cache-r1-\(key)", "cache-r1"), (key, nil), ("-\(key)", nil), ("latest", nil), ("cache-\(key)-r", nil),
            ("cache-\(key)-rx", nil), ("cache-\(key)x", nil), ("cache-0123", nil),
        ] as [(String, String?)]
    )
    func onlyTagsWithAKeyAreThoseOfCacheImages(tag: String, prefix: String?) {
        #expect(CacheTag(tag)?.prefix == prefix)
        if prefix != nil { #expect(CacheTag(tag)?.key == Self.key) }
    }
}
