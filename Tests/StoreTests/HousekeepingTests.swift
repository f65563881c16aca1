import Store
import SystemPackage
import Testing

@Suite struct HousekeepingTests {
    /// Sums are not removed but merged, see `PruningTests`.
    @Test(arguments: Housekeeping.Kind.allCases.filter { ![.dailyTotals, .earlierDays].contains($0) })
    func whatIsCountedIsRemoved(kind: Housekeeping.Kind) throws {
        try withIndex { index in
            for time: Int64 in [10, 20, 30] {
                try index.events.record(Event(at: time, image: "app", provider: "local", outcome: .miss))
                try index.keyRecords.save(
                    StoredKeyRecord(
                        pipeline: nil,
                        image: "app\(time)",
                        key: "k",
                        directory: [],
                        seenAt: time,
                        record: []
                    )
                )
                try index.baseImages.save(
                    BaseImageRecord(
                        reference: "\(time)",
                        platform: "p",
                        learnedAt: time,
                        digest: nil,
                        hasTriggers: nil,
                        variables: []
                    )
                )
                try index.remoteSources.save(
                    RemoteSources.Record(address: "a", tag: "t", digest: "d", learnedAt: time),
                    of: "\(time)"
                )
                try index.logins.save(
                    Logins.Login(identity: "i", endsAt: time),
                    host: "\(time)",
                    configuration: "c"
                )
                try index.providerAnswers.save("a", to: "\(time)", endsAt: time)
            }
            #expect(try index.housekeeping.count(kind, before: 20) == 1)
            #expect(try index.housekeeping.remove(kind, before: 20) == Batches.Result(count: 1, isComplete: true))
            #expect(try index.housekeeping.count(kind, before: 20) == 0)
            #expect(try index.housekeeping.count(kind, before: 100) == 2)
        }
    }

    @Test func aCheckoutThatWasUsedSinceStays() throws {
        try withIndex { index in
            let id = try index.directoryStates.checkout(for: Array("/x".utf8), now: 100)
            let found = try #require(try index.directoryStates.checkouts().first)
            #expect(found == Checkout(id: id, path: Array("/x".utf8), lastUsedAt: 100))
            #expect(try index.directoryStates.remove(Checkout(id: id, path: found.path, lastUsedAt: 99)) == nil)
            #expect(try index.directoryStates.remove(found)?.isComplete == true)
            #expect(try index.directoryStates.checkouts().isEmpty)
        }
    }

    @Test(
        arguments: [
            ("index.db.corrupt-20261023T184500Z", true), ("index.db.corrupt-20261023T184500Z-2-wal", true),
            ("index.db.corrupt-20261123T184500Z", false), ("index.db.corrupt-", false), ("index.db", false),
            ("index.db.corrupt-yesterday", false), ("other.db.corrupt-20261023T184500Z", false),
        ]
    )
    func onlyWhatWasMovedAsideLongAgoIsOld(name: String, isOld: Bool) {
        #expect(Index.isMovedAside(name, of: "/var/cache/index.db", before: someTime - 86_400_000) == isOld)
    }
}
