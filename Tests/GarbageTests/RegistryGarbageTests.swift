import Images
import Testing

@testable import Garbage
@testable import PluginConfiguration

@Suite struct RegistryGarbageTests {
    struct Described: ImageDescription {
        var labels: [String: String]
        var createdText: String?
    }

    static let key = String(repeating: "a", count: 40)
    static let ours = [ImageAge.keyLabel: key, ImageAge.imageLabel: "app"]

    @Test(
        arguments: [
            (Described(labels: ours, createdText: "2026-01-01T00:00:00Z"), .remove),
            (Described(labels: ours, createdText: "2027-01-14T00:00:00Z"), .keep),
            (Described(labels: ours), .notOurs("it does not say how old it is")),
            (
                Described(labels: [ImageAge.keyLabel: key, ImageAge.imageLabel: "other"], createdText: nil),
                .notOurs("its labels do not say that it is app of this key")
            ),
            (
                Described(labels: [:], createdText: "2026-01-01T00:00:00Z"),
                .notOurs("its labels do not say that it is app of this key")
            ),
            (nil, .notOurs("it has no image that could be looked at")),
        ] as [(Described?, RegistryGarbage.Judgement)]
    )
    func onlyImagesThatSayThatTheyAreOursAndOldGo(image: Described?, judgement: RegistryGarbage.Judgement) throws {
        let tag = try #require(CacheTag("cache-\(Self.key)"))
        let name = try RepositoryName("app")
        let now: Int64 = 1_800_000_000_000
        let maximum = 30 * GarbageLimits.day
        #expect(RegistryGarbage.judge(tag, image: name, image, maximumAge: maximum, now: now) == judgement)
    }
}
