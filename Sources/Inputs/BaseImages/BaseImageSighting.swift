import Docker
package import Fingerprint
package import Images

/// The name of a base image that has to be resolved, and the platform.
package struct BaseImageQuestion: Hashable, Sendable {
    /// The reference as in the Dockerfile, with its variables replaced.
    package let reference: String
    package let platform: Platform

    package init(reference: String, platform: Platform) {
        self.reference = reference
        self.platform = platform
    }
}

/// An image that a builder may take under the name of a base image.
package struct BaseImageCandidate: Equatable, Sendable {
    /// Distinguishes it from other images in the same place: the daemon's id or the registry's digest.
    package let identity: String
    /// Every digest by which a builder may report it, except that of its layers.
    package let digests: Set<Digest>
    /// The digest of its chain of layers, by which a builder reports an image from Docker's own image store. Images
    /// with different configurations can share it.
    package let layerChain: Digest?
    /// Whether the daemon keeps it in containerd's image store. If so, a builder may still take the registry's image.
    package let isOfContainerd: Bool
    package let facts: BaseImageFacts
    /// When the daemon last tagged it under any name, in the daemon's format. If a name moved to another image and
    /// back, this time is different.
    var taggedText: String?
    /// Whether it comes from the index, without a query.
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

    /// An image in the daemon.
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

    /// An image in a registry.
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
    /// The query failed.
    case silent
    /// The query succeeded, and there is no such image.
    case absent
    case has(BaseImageCandidate)

    package var candidate: BaseImageCandidate? { if case .has(let candidate) = self { candidate } else { nil } }

    /// Whether it has the same answer as at another moment. If so, the answer is valid for the time in between.
    func agrees(with other: BaseImagePlace) -> Bool {
        switch (self, other) {
        case (.absent, .absent): true
        case (.has(let one), .has(let other)):
            one.identity == other.identity && one.taggedText == other.taggedText
        default: false
        }
    }

    /// Whether it was queried and responded.
    var isKnown: Bool { self == .absent || candidate.map { !$0.isRemembered } ?? false }
}

/// What the places from which a builder may take a base image had at one moment.
package struct BaseImageSighting: Equatable, Sendable {
    package var daemon: BaseImagePlace
    package var registry: BaseImagePlace
    /// When the daemon was queried, in milliseconds since 1970.
    let askedAt: Int64

    package init(daemon: BaseImagePlace = .notAsked, registry: BaseImagePlace = .notAsked, askedAt: Int64 = 0) {
        self.daemon = daemon
        self.registry = registry
        self.askedAt = askedAt
    }

    /// Whether both places were queried, and neither has it.
    var isNowhere: Bool { daemon == .absent && registry == .absent }

    /// The image that a build is most likely to take.
    ///
    /// - Parameter pulls: whether the build contacts the registry even for images that the daemon has
    package func likely(pulls: Bool) -> BaseImageCandidate? {
        pulls ? registry.candidate ?? daemon.candidate : daemon.candidate ?? registry.candidate
    }
}

/// What is known about the base image that a build used.
package enum UsedBaseImage: Equatable, Sendable {
    case known(BaseImageFacts)
    /// The name moved to another image during the build.
    case moved
    case unknown

    /// The image that the builder reports.
    ///
    /// - Parameters:
    ///   - digest: the digest that the builder reports for the name
    ///   - before: what there was before the build
    ///   - after: what the daemon has after the build; `.notAsked` if `before` is enough
    package static func reported(
        _ digest: Digest,
        before: BaseImageSighting,
        after: BaseImagePlace
    ) -> UsedBaseImage {
        let seen = [before.registry, before.daemon, after].compactMap(\.candidate)
        if let same = seen.first(where: { $0.digests.contains(digest) }) { return .known(same.facts) }
        // Only the layers are known then. The rest of the image must not have changed meanwhile.
        guard seen.contains(where: { $0.layerChain == digest }) else { return .unknown }
        guard let image = after.candidate, before.daemon.agrees(with: after) else { return .moved }
        return .known(image.facts)
    }

    /// The image that a build used if the builder reports nothing. Every place from which it may take the image must
    /// have the same answer before and after the build.
    ///
    /// - Parameter prefersDaemon: whether the builder is known to take the daemon's image if there is one
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
