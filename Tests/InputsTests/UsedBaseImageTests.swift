import Fingerprint
import Images
import Testing

@testable import Inputs

/// What is known about the base image that a build used.
@Suite struct UsedBaseImageTests {
    private static let plain = BaseImageFacts(triggers: [], environment: [])
    private static let trigger = BaseImageFacts(triggers: ["COPY . /"], environment: [])

    private static func digest(_ text: String) -> Digest { Digest(of: text.utf8) }

    /// An image in a registry or in containerd's store.
    private static func image(_ name: String, _ facts: BaseImageFacts = plain) -> BaseImagePlace {
        .has(BaseImageCandidate(identity: name, digests: [digest(name)], facts: facts))
    }

    private static func remembered(_ name: String) -> BaseImagePlace {
        var candidate = BaseImageCandidate(identity: name, digests: [digest(name)], facts: plain)
        candidate.isRemembered = true
        return .has(candidate)
    }

    private static func named(_ name: String, at time: String) -> BaseImagePlace {
        var candidate = BaseImageCandidate(identity: name, digests: [digest(name)], facts: plain)
        candidate.taggedText = time
        return .has(candidate)
    }

    /// An image in Docker's own store, which the builder reports by its layers.
    private static func own(_ name: String, layers: String, _ facts: BaseImageFacts = plain) -> BaseImagePlace {
        .has(BaseImageCandidate(identity: name, digests: [digest(name)], layerChain: digest(layers), facts: facts))
    }

    @Test(
        arguments: [
            ("as the registry had it", "a", .absent, image("a", trigger), .notAsked, .known(trigger)),
            ("as containerd's store had it", "a", image("a"), .notAsked, .notAsked, .known(plain)),
            ("the other of two", "b", image("a"), image("b", trigger), .notAsked, .known(trigger)),
            ("another than was seen", "c", image("a"), image("b"), image("a"), .unknown),
            ("pulled meanwhile", "b", .absent, image("a"), image("b", trigger), .known(trigger)),
            ("nothing was seen", "a", .silent, .silent, .silent, .unknown),
            ("its layers", "l", own("a", layers: "l"), .notAsked, own("a", layers: "l"), .known(plain)),
            ("its layers, and not asked since", "l", own("a", layers: "l"), .notAsked, .notAsked, .moved),
            ("layers of two images", "l", own("a", layers: "l"), .notAsked, own("b", layers: "l", trigger), .moved),
            ("layers of what has come since", "l", .absent, .notAsked, own("a", layers: "l"), .moved),
            ("layers of what has gone since", "l", own("a", layers: "l"), .notAsked, .absent, .moved),
            ("layers that nobody has", "m", own("a", layers: "l"), .notAsked, own("a", layers: "l"), .unknown),
        ] as [(String, String, BaseImagePlace, BaseImagePlace, BaseImagePlace, UsedBaseImage)]
    )
    func whatTheBuilderReportsDecides(
        what: String,
        reported: String,
        daemon: BaseImagePlace,
        registry: BaseImagePlace,
        after: BaseImagePlace,
        expected: UsedBaseImage
    ) {
        let before = BaseImageSighting(daemon: daemon, registry: registry)
        #expect(UsedBaseImage.reported(Self.digest(reported), before: before, after: after) == expected)
    }

    @Test(
        arguments: [
            ("the daemon's", true, (image("a", trigger), .notAsked), (image("a"), .notAsked), .known(trigger)),
            ("the daemon's, retagged", true, (image("a"), .notAsked), (image("b"), .notAsked), .moved),
            ("the daemon's, removed", true, (image("a"), .notAsked), (.absent, .notAsked), .moved),
            ("the registry's", true, (.absent, image("a", trigger)), (.absent, image("a")), .known(trigger)),
            ("the registry's, moved", true, (.absent, image("a")), (.absent, image("b")), .moved),
            ("the registry's, and pulled since", true, (.absent, image("a")), (image("a"), image("a")), .moved),
            ("a registry that falls silent", true, (.absent, image("a")), (.absent, .silent), .unknown),
            ("a silent registry", true, (.absent, .silent), (.absent, .notAsked), .unknown),
            ("nowhere", true, (.absent, .absent), (.absent, .absent), .unknown),
            ("a silent daemon", true, (.silent, image("a")), (.silent, image("a")), .unknown),
            ("both", false, (image("a"), image("b", trigger)), (image("a"), image("b")), .known(trigger)),
            ("both, and the registry is silent", false, (image("a"), .silent), (image("a"), .silent), .unknown),
            ("remembered", true, (.absent, remembered("a")), (.absent, image("a")), .unknown),
            (
                "the daemon's, gone and back", true, (named("a", at: "1"), .notAsked),
                (named("a", at: "2"), .notAsked), .moved
            ),
            ("only here", false, (image("a", trigger), .absent), (image("a"), .absent), .known(trigger)),
        ] as [(String, Bool, (BaseImagePlace, BaseImagePlace), (BaseImagePlace, BaseImagePlace), UsedBaseImage)]
    )
    func withoutAReportEveryPlaceHasToSayTheSameBeforeAndAfter(
        what: String,
        prefersDaemon: Bool,
        before: (BaseImagePlace, BaseImagePlace),
        after: (BaseImagePlace, BaseImagePlace),
        expected: UsedBaseImage
    ) {
        let used = UsedBaseImage.unreported(
            before: BaseImageSighting(daemon: before.0, registry: before.1),
            after: BaseImageSighting(daemon: after.0, registry: after.1),
            prefersDaemon: prefersDaemon
        )
        #expect(used == expected)
    }
}
