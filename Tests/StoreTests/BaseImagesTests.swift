import Store
import Testing

@Suite struct BaseImagesTests {
    private static let record = BaseImageRecord(
        reference: "node:20",
        platform: "linux/amd64",
        learnedAt: someTime,
        digest: "sha256:1",
        hasTriggers: false,
        variables: ["NODE_VERSION", "PATH"]
    )

    @Test func aRecordIsFoundUnderItsReferenceAndPlatform() throws {
        try withIndex { index in
            try index.baseImages.save(Self.record)
            #expect(try index.baseImages.find(reference: "node:20", platform: "linux/amd64") == Self.record)
            #expect(try index.baseImages.find(reference: "node:20", platform: "linux/arm64") == nil)
            #expect(try index.baseImages.find(reference: "node", platform: "linux/amd64") == nil)
        }
    }

    @Test func aNewRecordTakesThePlaceOfTheOldOne() throws {
        try withIndex { index in
            try index.baseImages.save(Self.record)
            let silence = BaseImageRecord(
                reference: "node:20",
                platform: "linux/amd64",
                learnedAt: someTime + 1,
                digest: nil,
                hasTriggers: nil,
                variables: []
            )
            try index.baseImages.save(silence)
            #expect(try index.baseImages.find(reference: "node:20", platform: "linux/amd64") == silence)
        }
    }
}
