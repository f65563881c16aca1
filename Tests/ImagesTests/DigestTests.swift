import Images
import Testing

@Suite struct DigestTests {
    private static let ofNothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func aDigestIsTheSHA256OfTheBytes() {
        #expect(Digest(of: []).description == Self.ofNothing)
    }

    @Test(arguments: [ofNothing: true, ofNothing.uppercased(): false, "sha256:e3b0": false, "": false, "latest": false])
    func onlySHA256InLowerCaseIsADigest(text: String, isDigest: Bool) {
        #expect((Digest(text) != nil) == isDigest)
    }
}
