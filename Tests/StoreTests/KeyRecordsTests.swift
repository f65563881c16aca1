import Store
import Testing

@Suite struct KeyRecordsTests {
    private static let directory = Array("/checkout".utf8)

    private static func fingerprint(
        _ key: String,
        at offset: Int64,
        pipeline: String? = "shop",
        image: String = "app",
        directory: [UInt8] = directory
    ) -> StoredKeyRecord {
        StoredKeyRecord(
            pipeline: pipeline,
            image: image,
            key: key,
            directory: directory,
            seenAt: someTime + offset,
            record: Array(key.utf8)
        )
    }

    @Test func theOneBeforeIsTheLastSeenOfTheSameImageInTheSamePipeline() throws {
        try withIndex { index in
            let first = Self.fingerprint("aa", at: 0)
            let last = Self.fingerprint("bb", at: 10)
            for one in [
                first, Self.fingerprint("cc", at: 5, image: "other"), Self.fingerprint("dd", at: 6, pipeline: nil),
                last,
            ] {
                try index.keyRecords.save(one)
            }
            #expect(try index.keyRecords.previous(to: last) == first)
            #expect(try index.keyRecords.previous(to: first) == nil)
            #expect(try index.keyRecords.last(in: Self.directory) == last)
            #expect(try index.keyRecords.last(in: Array("/".utf8)) == nil)
        }
    }

    @Test func aKeyThatIsMetAgainIsTheLastOne() throws {
        try withIndex { index in
            try index.keyRecords.save(Self.fingerprint("aa", at: 0))
            try index.keyRecords.save(Self.fingerprint("bb", at: 10))
            let elsewhere = Array("/elsewhere".utf8)
            func touch(_ key: String) throws -> Bool {
                try index.keyRecords.touch(
                    pipeline: "shop",
                    image: "app",
                    key: key,
                    directory: elsewhere,
                    seenAt: someTime + 20
                )
            }
            #expect(try touch("aa"))
            #expect(try !touch("cc"))
            let last = try #require(try index.keyRecords.last(in: elsewhere))
            #expect(last == Self.fingerprint("aa", at: 20, directory: elsewhere))
            #expect(try index.keyRecords.previous(to: last)?.key == "bb")
        }
    }

    @Test func onlyTheNewestOfAnImageInAPipelineAreKept() throws {
        try withIndex { index in
            try index.keyRecords.save(Self.fingerprint("other", at: -100, image: "other"))
            for number in 0..<9 { try index.keyRecords.save(Self.fingerprint("a\(number)", at: Int64(number))) }
            #expect(try index.keyRecords.find(prefix: "a").map(\.key) == ["a8", "a7", "a6", "a5", "a4"])
            #expect(try index.keyRecords.find(prefix: "other").count == 1)
        }
    }

    @Test func aPrefixIsNoPattern() throws {
        try withIndex { index in
            try index.keyRecords.save(Self.fingerprint("ab", at: 0))
            #expect(try index.keyRecords.find(prefix: "%").isEmpty)
            #expect(try index.keyRecords.find(prefix: "_b").isEmpty)
            #expect(try index.keyRecords.find(prefix: "abc").isEmpty)
            #expect(try index.keyRecords.find(prefix: "a").count == 1)
        }
    }
}
