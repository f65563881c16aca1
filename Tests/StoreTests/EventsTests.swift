import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct EventsTests {
    private static let full = Event(
        at: someTime,
        key: "1234500000000000000000000000000000000000",
        image: "app",
        provider: "registry",
        outcome: .miss,
        reason: .newKey,
        failure: .buildFailed,
        exitStatus: 17,
        pipeline: "main",
        branch: "feature/x",
        build: "42",
        job: "018f",
        step: "test",
        milliseconds: StageMilliseconds(fingerprint: 1, lookup: 2, wait: 3, pull: 4, build: 5, save: 6, total: 21),
        savedMilliseconds: 7,
        contextBytesRead: 8_000_000_000,
        imageBytes: 9
    )

    private static func event(_ outcome: Outcome, at: Int64 = 100, pipeline: String? = nil, failure: Failure? = nil)
        -> Event
    {
        Event(at: at, image: "app", provider: "local", outcome: outcome, failure: failure, pipeline: pipeline)
    }

    @Test(arguments: [full] + Outcome.allCases.map { event($0) })
    func anEventComesBackAsItWasRecorded(event: Event) throws {
        try withIndex { index in
            try index.events.record(event)
            #expect(try index.events.recent(limit: 10) == [event])
        }
    }

    @Test func theNewestComeFirstAndNoMoreThanAskedFor() throws {
        try withIndex { index in
            for at: Int64 in [3, 1, 2] {
                try index.events.record(Self.event(.miss, at: at))
            }
            #expect(try index.events.recent(limit: 2).map(\.at) == [2, 1])
            #expect(try index.events.recent(limit: 0) == [])
            #expect(try index.events.recent(limit: -1) == [])
        }
    }

    @Test func totalsCountTheLastDaysOfThePipelineAskedFor() throws {
        try withIndex { index in
            let day: Int64 = 86_400_000
            let events: [Event] = [
                Self.event(.localHit, at: 4 * day - 1, pipeline: "a"),
                Self.event(.localHit, at: 4 * day, pipeline: "a"),
                Self.event(.localHit, at: 5 * day, pipeline: "b"),
                Self.event(.localHit, at: 10 * day),
                Self.event(.registryHit, at: 10 * day, pipeline: "a"),
                Self.event(.miss, at: 10 * day, pipeline: "a", failure: .buildFailed),
                Self.event(.miss, at: 10 * day, pipeline: "b"),
                Self.event(.expired, at: 10 * day, pipeline: "a", failure: .buildFailed),
                Self.event(.bypassed, at: 11 * day - 1, pipeline: "a"),
            ]
            for event in events {
                try index.events.record(event)
            }
            #expect(
                try index.statistics.totals(ofDays: 7, upTo: 10 * day + 5, pipeline: nil)
                    == EventTotals([.localHit: 3, .registryHit: 1, .miss: 2, .expired: 1, .bypassed: 1], failures: 2)
            )
            #expect(
                try index.statistics.totals(ofDays: 8, upTo: 10 * day + 5, pipeline: "a")
                    == EventTotals([.localHit: 2, .registryHit: 1, .miss: 1, .expired: 1, .bypassed: 1], failures: 2)
            )
            #expect(try index.statistics.totals(ofDays: 7, upTo: 20 * day, pipeline: nil) == EventTotals())
        }
    }

    /// A week has many events, and a hit must not read them.
    @Test func theTotalsOfTheLastDaysReadNoEvents() throws {
        try withIndex { index in
            try index.events.record(Self.event(.miss))
            try index.database.run("DROP TABLE events")
            #expect(try index.statistics.totals(ofDays: 7, upTo: 0, pipeline: nil)[.miss] == 1)
        }
    }

    @Test(arguments: [
        (EventTotals(), Int64(0), nil),
        (EventTotals([.bypassed: 3]), 3, nil),
        (EventTotals([.miss: 2]), 2, 0),
        (EventTotals([.localHit: 2, .registryHit: 1, .miss: 3, .expired: 2, .bypassed: 5], failures: 1), 13, 0.375),
        (EventTotals([.localHit: 7]), 7, 1),
    ])
    func theHitRateIsTheShareOfHitsAmongThoseThatAsked(totals: EventTotals, lookups: Int64, rate: Double?) {
        #expect(totals.lookups == lookups)
        #expect(totals.hitRate == rate)
    }

    @Test func anOutcomeOfANewerVersionIsLeftOut() throws {
        try withIndex { index in
            let insert = "INSERT INTO events (at, image, provider, outcome, reason) VALUES (1, 'app', 'local', ?1, ?2)"
            try index.database.run(insert, "miss", "new-key")
            try index.database.run(insert, "peer-hit", nil as String?)
            try index.database.run(insert, "miss", "moon-phase")
            let events = try index.events.recent(limit: 3)
            #expect(events.map(\.outcome) == [.miss, .miss])
            #expect(events.map(\.reason) == [nil, .newKey])
            #expect(try index.statistics.sums(EventFilter()).totals == EventTotals([.miss: 2]))
        }
    }

    @Test(
        arguments: [
            ([], nil), ([100], 100), ([100, 300, 200], 200), ([100, 300], 300), (Array(repeating: 7, count: 30), 7),
        ] as [([Int64], Int64?)]
    )
    func theUsualBuildIsTheMedianOfTheLastOnes(durations: [Int64], expected: Int64?) throws {
        try withIndex { index in
            func event(_ build: Int64?, at: Int64, image: String = "app", _ outcome: Outcome, failure: Failure? = nil)
                -> Event
            {
                Event(
                    at: at,
                    image: image,
                    provider: "local",
                    outcome: outcome,
                    failure: failure,
                    milliseconds: StageMilliseconds(build: build)
                )
            }
            // Old builds, builds of another image, failed builds and lookups without a build are all ignored.
            for number in 0..<30 where durations.count > 21 {
                try index.events.record(event(1000, at: someTime - 1000 - Int64(number), .miss))
            }
            try index.events.record(event(9999, at: someTime, image: "other", .miss))
            try index.events.record(event(9999, at: someTime, .miss, failure: .buildFailed))
            try index.events.record(event(nil, at: someTime, .localHit))
            for (number, duration) in durations.enumerated() {
                try index.events.record(
                    event(duration, at: someTime + Int64(number), number % 2 == 0 ? .miss : .expired)
                )
            }
            #expect(try index.events.usualBuildMilliseconds(image: "app") == expected)
        }
    }
}
