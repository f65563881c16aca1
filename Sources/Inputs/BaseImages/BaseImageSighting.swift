import Docker
package import Fingerprint
package import Images

/// A name whose image has to be known, and the platform it is for.
package struct BaseImageQuestion: Hashable, Sendable {
    /// As the Dockerfile has it, with its variables replaced.
    package let reference: String
    package let platform: Platform

    package init(reference: String, platform: Platform) {
        self.reference = reference
        self.platform = platform
    }
}

/// An image that a builder may take under the name of a base image.
package struct BaseImageCandidate: Equatable, Sendable {
    /// What tells it from others in its place: the daemon's id, or the registry's digest.
    package let identity: String
    /// Every digest by which a builder may report it, but for that of its layers.
    package let digests: Set<Digest>
    /// The chain of its layers: by this a builder reports an image that it takes from Docker's own image store. Images
    /// with different configurations can share it.
    package let layerChain: Digest?
    /// Whether the daemon keeps it in containerd's image store: then a builder may take the registry's all the same.
    package let isOfContainerd: Bool
    package let facts: BaseImageFacts
    /// When the daemon last gave it a name, whichever, as the daemon writes it: a name that went to another image and
    /// came back has another time.
    var taggedText: String?
    /// Whether it is what the index remembers, and no one was asked.
    var isRemembered = false

    package init(
        identity: String,
        digests: Set<Digest>,
        layerChain: Digest? = nil,
        isOfContainerd: Bool = false,
        facts: BaseImageFacts
    ) {
        self.identity = identity
        self.digests = digests
        self.layerChain = layerChain
        self.isOfContainerd = isOfContainerd
        self.facts = facts
    }

    /// An image of the daemon.
    init(_ image: ImageDetails, isOfContainerd: Bool) {
        let named = image.repositoryDigests.compactMap { try? RegistryReference($0).digest }
        self.init(
            identity: image.id,
            digests: Set(named + [Digest(image.id)].compactMap { $0 }),
            layerChain: image.layerChain,
            isOfContainerd: isOfContainerd,
            facts: BaseImageFacts(triggers: image.triggers, environment: image.environment)
        )
        taggedText = image.taggedText
    }

    /// An image of a registry.
    init(_ answer: BaseImageInquiry.RegistryAnswer) {
        self.init(
            identity: answer.digest.description,
            digests: [answer.digest, answer.manifestDigest],
            facts: answer.facts
        )
    }
}

/// What one place has under the name of a base image.
package enum BaseImagePlace: Equatable, Sendable {
    case notAsked
    /// It could not be asked.
    case silent
    /// It was asked, and has no such image.
    case absent
    case has(BaseImageCandidate)

    package var candidate: BaseImageCandidate? { if case .has(let candidate) = self { candidate } else { nil } }

    /// Whether it says the same as at another moment: it can be relied on for the time in between.
    func agrees(with other: BaseImagePlace) -> Bool {
        switch (self, other) {
        case (.absent, .absent): true
        case (.has(let one), .has(let other)):
            one.identity == other.identity && one.taggedText == other.taggedText
        default: false
        }
    }

    /// Whether it was asked and gave an answer.
    var isKnown: Bool { self == .absent || candidate.map { !$0.isRemembered } ?? false }
}

/// What the places have from which a builder may take a base image, at one moment.
package struct BaseImageSighting: Equatable, Sendable {
    package var daemon: BaseImagePlace
    package var registry: BaseImagePlace
    /// When the daemon was asked, in milliseconds since 1970.
    let askedAt: Int64

    package init(daemon: BaseImagePlace = .notAsked, registry: BaseImagePlace = .notAsked, askedAt: Int64 = 0) {
        self.daemon = daemon
        self.registry = registry
        self.askedAt = askedAt
    }

    /// Whether both places were asked, and neither has it.
    var isNowhere: Bool { daemon == .absent && registry == .absent }

    /// The image that a build is most likely to take.
    ///
    /// - Parameter pulls: whether the build asks the registry also for what the daemon has
    package func likely(pulls: Bool) -> BaseImageCandidate? {
        pulls ? registry.candidate ?? daemon.candidate : daemon.candidate ?? registry.candidate
    }
}

/// What a build is known to have taken under the name of a base image.
package enum UsedBaseImage: Equatable, Sendable {
    case known(BaseImageFacts)
    /// It became another while the image was being built.
    case moved
    case unknown

    /// By what the builder reports.
    ///
    /// - Parameters:
    ///   - digest: what the builder says the name stood for
    ///   - before: what there was before the build
    ///   - after: what the daemon has after it; not asked where what there was before says it all
    package static func reported(
        _ digest: Digest,
        before: BaseImageSighting,
        after: BaseImagePlace
    ) -> UsedBaseImage {
        let seen = [before.registry, before.daemon, after].compactMap(\.candidate)
        if let same = seen.first(where: { $0.digests.contains(digest) }) { return .known(same.facts) }
        // Only the layers are known then. What else there is to an image must not have changed meanwhile.
        guard seen.contains(where: { $0.layerChain == digest }) else { return .unknown }
        guard let image = after.candidate, before.daemon.agrees(with: after) else { return .moved }
        return .known(image.facts)
    }

    /// Where the builder reports nothing: what every place that it may take the image from has before and after the
    /// build.
    ///
    /// - Parameter prefersDaemon: whether the builder is known to take the daemon's image wherever there is one
    package static func unreported(
        before: BaseImageSighting,
        after: BaseImageSighting,
        prefersDaemon: Bool
    ) -> UsedBaseImage {
        let isOnlyDaemon = prefersDaemon && before.daemon.candidate != nil
        let places = [(before.daemon, after.daemon)] + (isOnlyDaemon ? [] : [(before.registry, after.registry)])
        guard places.allSatisfy({ $0.isKnown && $1.isKnown }) else { return .unknown }
        guard places.allSatisfy({ $0.agrees(with: $1) }) else { return .moved }
        let candidates = places.compactMap { $0.0.candidate }
        guard var facts = candidates.first?.facts else { return .unknown }
        for other in candidates.dropFirst() { facts = facts.union(other.facts) }
        return .known(facts)
    }
}
