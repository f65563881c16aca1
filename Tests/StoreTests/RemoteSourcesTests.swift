import Store
import Testing

@Suite struct RemoteSourcesTests {
    @Test func whatIsLearnedLaterTakesThePlaceOfWhatWasKnown() throws {
        try withIndex { index in
            var record = RemoteSources.Record(address: "a", tag: "\"1\"", digest: "d", learnedAt: someTime)
            try index.remoteSources.save(record, of: "one")
            #expect(try index.remoteSources.find("one") == record)
            #expect(try index.remoteSources.find("two") == nil)
            record.tag = "\"2\""
            try index.remoteSources.save(record, of: "one")
            #expect(try index.remoteSources.find("one") == record)
        }
    }
}
