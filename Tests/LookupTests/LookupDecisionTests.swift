import Docker
import Fingerprint
import Images
import Store
import Testing

@testable import Lookup
@testable import PluginConfiguration

@Suite struct LookupDecisionTests {
    static let day: Int64 = 86_400_000
    static let now: Int64 = 1_800_000_000_000

    static func entry(builtAt: Int64 = now - day, id: String? = "sha256:a") -> Entry {
        Entry(
            key: "k",
            scope: "local app",
            image: "app",
            provider: "local",
            localImageID: id,
            builtAt: builtAt,
            createdAt: builtAt,
            lastUsedAt: builtAt
        )
    }

    static func image(
        id: String = "sha256:a",
        created: String = "2027-01-14T00:00:00Z",
        labels: [String: String] = [:]
    ) -> ImageDetails {
        ImageDetails(id: id, size: 1, created: created, labels: labels, repositoryDigests: [])
    }

    @Test(
        arguments: [
            (entry(), true, true, .hybrid, 30 * day, .verify(entry())),
            (entry(), true, true, .artifact, 30 * day, .verify(entry())),
            (entry(), true, true, .hybrid, nil, .verify(entry())),
            (entry(), true, true, .build, 30 * day, .build(.strategyBuild)),
            (entry(), true, false, .hybrid, 30 * day, .build(.restoreDisabled)),
            (entry(builtAt: now - 31 * day), true, true, .hybrid, 30 * day, .build(.maximumAge)),
            (entry(builtAt: now - 30 * day), true, true, .hybrid, 30 * day, .build(.maximumAge)),
            (
                entry(builtAt: now - 30 * day + 1), true, true, .hybrid, 30 * day,
                .verify(entry(builtAt: now - 30 * day + 1))
            ),
            (entry(builtAt: now), true, true, .hybrid, 0, .build(.maximumAge)),
            (entry(builtAt: now + day), true, true, .hybrid, 0, .build(.maximumAge)),
            (entry(builtAt: now + day), true, true, .hybrid, day, .verify(entry(builtAt: now + day))),
            (nil, true, true, .hybrid, 30 * day, .askRegistry(.newKey)),
            (nil, false, true, .hybrid, 30 * day, .askRegistry(.indexUnavailable)),
        ] as [(Entry?, Bool, Bool, CacheConfiguration.Strategy, Int64?, LookupDecision)]
    )
    func theIndexDecidesWhatComesNext(
        entry: Entry?,
        hasIndex: Bool,
        restores: Bool,
        strategy: CacheConfiguration.Strategy,
        maximumAge: Int64?,
        expected: LookupDecision
    ) {
        let decision = LookupDecision.first(
            entry: entry,
            hasIndex: hasIndex,
            policy: LookupPolicy(restores: restores, strategy: strategy, maximumAge: maximumAge),
            now: Self.now
        )
        #expect(decision == expected)
    }

    static let local = entry()
    static let saved: Entry = {
        var saved = entry()
        saved.cacheImage = "registry.example/app:cache-k"
        saved.registryDigest = "\(Digest(of: "b".utf8))"
        return saved
    }()

    /// With `skip-pull-from-cache`, with `registry-check: never`, and with both.
    @Test(
        arguments: [
            (saved, true, true, .askRegistry(.imageGone)), (local, true, true, .askRegistry(.imageGone)),
            (saved, true, false, .trust(saved)), (local, true, false, .build(.imageGone)),
            (saved, false, false, .verify(saved)), (nil, true, true, .askRegistry(.newKey)),
            (nil, false, false, .build(.newKey)), (nil, true, false, .build(.newKey)),
        ] as [(Entry?, Bool, Bool, LookupDecision)]
    )
    func theRegistryIsAskedOnlyWhereItMayBe(
        entry: Entry?,
        skipsPull: Bool,
        asksRegistry: Bool,
        expected: LookupDecision
    ) {
        let policy = LookupPolicy(skipsPull: skipsPull, asksRegistry: asksRegistry, maximumAge: 30 * Self.day)
        #expect(LookupDecision.first(entry: entry, hasIndex: true, policy: policy, now: Self.now) == expected)
    }

    @Test(
        arguments: [
            (saved, true, .askRegistry(.imageGone)), (saved, false, .pull(saved)),
            (local, false, .build(.imageGone)),
        ] as [(Entry, Bool, LookupDecision)]
    )
    func anImageThatIsGoneFromTheAgentMayStillBeInTheRegistry(
        entry: Entry,
        asksRegistry: Bool,
        expected: LookupDecision
    ) {
        let policy = LookupPolicy(asksRegistry: asksRegistry)
        #expect(LookupDecision.next(afterAgent: .absent(.imageGone), promised: entry, policy: policy) == expected)
    }

    @Test(
        arguments: [
            (image(), entry(), true), (image(id: "sha256:b"), entry(), false), (nil, entry(), false),
            (image(), entry(id: nil), false),
        ] as [(ImageDetails?, Entry, Bool)]
    )
    func onlyExactlyThePromisedImageIsAHit(image: ImageDetails?, entry: Entry, expected: Bool) {
        #expect(LookupDecision.isPromised(image, by: entry) == expected)
    }

    static let key = KeyInputs(platform: "linux/amd64").key
    static let builtAt = "io.docker-cache.built-at"
    static let keyLabel = "io.docker-cache.key"
    static let imageLabel = "io.docker-cache.image"

    @Test(
        arguments: [
            // now is 2027-01-15T08:00:00Z
            (image(), 30 * day, .hit(builtAt: 1_799_884_800_000)),
            (image(), day, .expired),
            (image(labels: [builtAt: "2027-01-15T07:00:00Z"]), day, .hit(builtAt: now - 3_600_000)),
            (image(created: "1970-01-01T00:00:00Z"), 30 * day, .hit(builtAt: nil)),
            (image(created: "1980-01-01T00:00:00Z"), 30 * day, .hit(builtAt: nil)),
            (image(created: "1980-01-02T00:00:00Z"), 30 * day, .expired),
            (image(created: "1970-01-01T00:00:00Z", labels: [builtAt: "2020-01-01T00:00:00Z"]), 30 * day, .expired),
            (image(created: ""), 30 * day, .hit(builtAt: nil)),
            (image(created: ""), 0, .expired),
            (image(labels: [keyLabel: key.description]), nil, .hit(builtAt: 1_799_884_800_000)),
            (image(labels: [keyLabel: "other"]), nil, .wrongImage),
            (image(labels: [keyLabel: key.description, imageLabel: "app"]), nil, .hit(builtAt: 1_799_884_800_000)),
            (image(labels: [keyLabel: key.description, imageLabel: "other"]), nil, .wrongImage),
        ] as [(ImageDetails, Int64?, LookupDecision.Judgement)]
    )
    func anImageFromTheRegistryIsJudgedByItsLabelsAndItsAge(
        image: ImageDetails,
        maximumAge: Int64?,
        expected: LookupDecision.Judgement
    ) throws {
        #expect(
            try LookupDecision.judge(image, image: RepositoryName("app"), key: Self.key, maximumAge, Self.now)
                == expected
        )
    }
}
