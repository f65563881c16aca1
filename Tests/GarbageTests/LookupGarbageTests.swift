import Buildkite
import Options
import Testing

@testable import Garbage
@testable import PluginConfiguration

@Suite struct LookupGarbageTests {
    static let hour: Int64 = 3_600_000

    @Test(
        arguments: [
            (0, hour, true), (0, hour - 1, false), (hour, hour, false), (2 * hour, hour, true),
        ] as [(Int64, Int64, Bool)]
    )
    func gcIsDueOnceAnHour(last: Int64, now: Int64, isDue: Bool) {
        #expect(LookupGarbage.isDue(last: last, now: now) == isDue)
    }

    static func policy(_ values: [(OptionDefinition, String)]) throws(OptionError) -> GarbagePolicy {
        var options = OptionValues(origin: .pipeline)
        for (option, value) in values { options.set(option, to: [value]) }
        return try GarbagePolicy(options)
    }

    @Test(arguments: [("auto", true), ("true", true), ("", true), ("off", false), ("false", false)])
    func theOptionIsAWord(text: String, isOn: Bool) throws {
        #expect(try Self.policy([(OptionTable.gc, text)]).isOn == isOn)
    }

    @Test func limitsSwitchItOn() throws {
        let policy = try Self.policy([
            (OptionTable.gcMaxSize, "20GB"), (OptionTable.gcMaxAgeDays, "14"), (OptionTable.gcKeep, "3"),
        ])
        #expect(policy.isOn)
        let limits = policy.limits(lookupAge: nil)
        #expect(limits.maximumSize == 20_000_000_000)
        #expect(limits.maximumAge == 14 * GarbageLimits.day)
        #expect(limits.keep == 3)
        #expect(!limits.respectsLongerAges)
    }

    @Test func withoutAnAgeTheLongerOneCounts() throws {
        let policy = try Self.policy([])
        #expect(policy.limits(lookupAge: GarbageLimits.day).maximumAge == 30 * GarbageLimits.day)
        #expect(policy.limits(lookupAge: 90 * GarbageLimits.day).maximumAge == 90 * GarbageLimits.day)
    }

    @Test(
        arguments: [
            ([(OptionTable.gc, "sometimes")], #"The option gc is "sometimes": expected auto or off."#),
            (
                [(OptionTable.gc, "off"), (OptionTable.gcKeep, "3")],
                "The options gc and gc.keep cannot be combined: a gc that is off has no limits."
            ),
            (
                [(OptionTable.gcMaxSize, "lots")],
                #"The option gc.max-size is "lots": expected a size such as 500MB, 20GB, 1.5TB or 10GiB."#
            ),
            (
                [(OptionTable.gcKeep, "1.5")],
                #"The option gc.keep is "1.5": expected a whole number, at least 0."#
            ),
        ] as [([(OptionDefinition, String)], String)]
    )
    func whatCannotBeRightIsSaid(values: [(OptionDefinition, String)], text: String) {
        let error = #expect(throws: OptionError.self) { try Self.policy(values) }
        #expect(error?.description == text)
    }
}
