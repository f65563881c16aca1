import Images
import Store
import Testing

@testable import Docker
@testable import Garbage
@testable import PluginConfiguration

/// Which images are ours, and which of their names.
@Suite struct LocalImageTests {
    private static let (a, b) = (GarbagePlanTests.key("a"), GarbagePlanTests.key("b"))

    @Test(
        arguments: [
            (["app:\(a)"], "app:\(a)"),
            (["app:\(a)", "app:\(a)-0123456789ab"], "app:\(a)"),
            (["app:\(a)-0123456789ab"], "app:\(a)-0123456789ab"),
            (["app:\(b)", "app:\(a)-v1", "other:\(a)"], nil), ([], nil),
        ] as [([String], String?)]
    )
    func anImageIsOursByItsLabelsAndAName(names: [String], name: String?) {
        for image in ["app", "docker.io/library/app"] {
            var details = ImageDetails(
                id: "sha256:a",
                size: 1,
                created: "",
                labels: [ImageAge.keyLabel: GarbagePlanTests.key("a"), ImageAge.imageLabel: image],
                repositoryDigests: []
            )
            details.names = names
            let found = LocalImage(details)
            #expect(found?.name == name)
            if let name { #expect(found?.ownNames([]).last == name) }
            #expect(found?.foreignNames([]) ?? [] == [])
        }
    }

    /// Two indexes with one daemon each have an image of the same key.
    @Test func anImageWithANameOfItsOwnIsThatOfTheEntryThatPromisesIt() {
        let key = GarbagePlanTests.key("a")
        let own = LocalImage(
            id: "sha256:own",
            key: key,
            image: "app",
            size: 100,
            names: ["app:\(key)-0123456789ab"],
            builtAt: GarbagePlanTests.now - 40 * GarbagePlanTests.day,
            taggedAt: GarbagePlanTests.now - 40 * GarbagePlanTests.day
        )
        let entry = GarbagePlanTests.entry("a", built: 40, used: 39, id: own.id)
        let plan = GarbagePlanTests.plan([entry], [own, GarbagePlanTests.image("a")])
        guard case .removeImage(let removal) = plan.steps.first else {
            Issue.record("no image is removed")
            return
        }
        #expect(removal.image == own && removal.names == own.names)
        #expect(removal.claims == [.drop(entry)])
        #expect(GarbagePlanTests.removed(plan) == ["a expired"])
    }

    @Test func namesInTheRegistryGoFirstAndThatOfTheLookupLast() {
        let key = GarbagePlanTests.key("a")
        let entry = GarbagePlanTests.entry("a", built: 31, cacheImage: "host:1/app:cache-\(key)")
        let image = GarbagePlanTests.image(
            "a",
            others: ["host:1/app:cache-\(key)", "host:1/app:latest", "theirs:\(key)"],
            digests: ["host:1/app@sha256:1", "other/app@sha256:2"]
        )
        guard case .removeImage(let removal) = GarbagePlanTests.plan([entry], [image]).steps.first else {
            Issue.record("no image is removed")
            return
        }
        #expect(removal.names == ["host:1/app:cache-\(key)", "host:1/app@sha256:1", "app:\(key)"])
        #expect(removal.foreignNames == ["host:1/app:latest", "theirs:\(key)", "other/app@sha256:2"])
        #expect(removal.bytes == 0)
    }

    /// With containerd's image store, Docker lists `repository@<id>` for every tag.
    @Test func aDigestThatDockerListsForEveryTagIsNobodysName() {
        let image = GarbagePlanTests.image("a", digests: ["app@sha256:a"])
        #expect(image.foreignNames([]) == [])
        #expect(image.ownNames([]) == [image.name])
        let plan = GarbagePlanTests.plan([GarbagePlanTests.entry("a")], [image]) { $0.maximumSize = 1 }
        #expect(GarbagePlanTests.removed(plan) == ["a max-size"])
        // A digest without a tag in its repository is a name: the image was pulled by digest.
        let pulled = GarbagePlanTests.image("a", digests: ["app@sha256:a", "theirs/app@sha256:a"])
        #expect(pulled.foreignNames([]) == ["theirs/app@sha256:a"])
        // With Docker's own store, an image's id is never the digest of its manifest.
        #expect(GarbagePlanTests.image("a", digests: ["app@sha256:other"]).foreignNames([]) == ["app@sha256:other"])
    }

    /// When it is told to remove a digest, containerd's image store removes all tags of the repository.
    @Test func aDigestGoesAfterTheLastNameAndNeverWhereItsRepositoryHasATagOfOthers() {
        let key = GarbagePlanTests.key("a")
        let entry = GarbagePlanTests.entry("a", cacheImage: "app:cache-\(key)")
        let image = GarbagePlanTests.image("a", digests: ["app@sha256:a"])
        #expect(image.ownNames([entry]) == [image.name, "app@sha256:a"])
        let promoted = GarbagePlanTests.image("a", others: ["app:cache-\(key)", "app:v1.2"], digests: ["app@sha256:a"])
        #expect(promoted.ownNames([entry]) == ["app:cache-\(key)", promoted.name])
        #expect(promoted.foreignNames([entry]) == ["app:v1.2"])
        // A digest that differs from the image's id is a separate name.
        let classic = GarbagePlanTests.image("a", others: ["app:v1.2"], digests: ["app@sha256:other"])
        #expect(classic.ownNames([entry]) == ["app@sha256:other", classic.name])
    }

    /// The image was built and used while a clock was a year ahead.
    @Test func aTimeFarAheadKeepsNothingForEver() {
        let entry = GarbagePlanTests.entry("a", built: -365, used: -365)
        #expect(
            GarbagePlanTests.removed(GarbagePlanTests.plan([entry], [GarbagePlanTests.image("a", tagged: -365)])) == [
                "a expired"
            ]
        )
        let used = GarbagePlanTests.entry("a", built: 5, used: -365)
        let plan = GarbagePlanTests.plan(
            [used, GarbagePlanTests.entry("b")],
            [GarbagePlanTests.image("a"), GarbagePlanTests.image("b")]
        ) { $0.keep = 1 }
        #expect(GarbagePlanTests.removed(plan) == ["a keep"])
    }
}
