import Buildkite
package import Docker
import Fingerprint
import Host
import Images
import PluginConfiguration

/// What base images add to the inputs, and what their names resolve to.
extension KeyComputation {
    /// Determines which base images exist before a build, which takes the images that exist at that time.
    ///
    /// Pinned base images are pulled if the daemon does not have the images that their names resolve to.
    ///
    /// - Parameter pulls: whether the build fetches base images from their registries even if the daemon has them
    package func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ConfirmedKey {
        var circumstances = key.circumstances
        if let pins = circumstances.pins {
            try await pinning.bring(
                pins,
                platform: configuration.platform,
                progress: surroundings.output.descriptor
            )
            circumstances.pins = try await pinsNow(pins)
        }
        // A key that differs only because of what the index remembers is checked once more.
        let images = key.decidingBaseImages
        let isReported = key.baseImages == images && reportsBaseImages(circumstances.builder)
        let sightings = await baseImages.sight(
            Set(images.flatMap(circumstances.platforms.questions)),
            BaseImageInquiry.Scope(isReported: isReported, pulls: pulls)
        )
        for image in images {
            let likely = circumstances.platforms.questions(image).map { sightings[$0]?.likely(pulls: pulls)?.facts }
            circumstances.baseImages[image] = BaseImageFacts.union(likely) ?? circumstances.baseImages[image]
        }
        return ConfirmedKey(other: try otherKey(than: key, with: circumstances), sightings: sightings)
    }

    /// Whether the builder is known to report afterwards what it used. buildx does from 0.14 on, which Docker 27 and
    /// later include. A metadata file that the user requested is not read.
    private func reportsBaseImages(_ builder: ExpectedBuilder?) -> Bool {
        guard let builder, builder.builder == .buildx, builder.clientMajor >= 27 else { return false }
        let words = configuration.additionalArguments?.wordsWithoutPlatform ?? []
        return !words.contains { $0.hasPrefix("--metadata-file") }
    }

    /// The verdict on the base images that a build used.
    package func baseImages(of key: ComputedKey, in build: BuildEvidence) async throws -> BaseImageVerdict {
        if let obstacle = try await doubtfulPins(key) { return obstacle }
        let images = key.baseImages
        guard !images.isEmpty else { return .asExpected }
        var circumstances = key.circumstances
        var sightings = build.sightings
        for question in images.flatMap(circumstances.platforms.questions) where sightings[question] == nil {
            sightings[question] = BaseImageSighting()
        }
        // If an image may be meant for either of two platforms, the one that certainly exists nowhere was not used.
        for image in images {
            let questions = circumstances.platforms.questions(image)
            let nowhere = questions.filter { sightings[$0]?.isNowhere ?? false }
            if nowhere.count < questions.count { nowhere.forEach { sightings[$0] = nil } }
        }
        let used = await baseImages.used(
            sightings,
            report: build.report,
            prefersDaemon: !build.hasPulledBases && !build.mayBeElsewhere
        )
        func names(_ state: UsedBaseImage) -> [String] {
            Set(used.filter { $0.value == state }.map(\.key.reference)).sorted()
        }
        if !names(.unknown).isEmpty { return .unknown(names(.unknown)) }
        if !names(.moved).isEmpty { return .moved(names(.moved)) }
        for image in images {
            let facts = circumstances.platforms.questions(image).filter { used[$0] != nil }.map { question in
                if case .known(let facts) = used[question] { facts } else { nil as BaseImageFacts? }
            }
            circumstances.baseImages[image] = BaseImageFacts.union(facts)
        }
        return try otherKey(than: key, with: circumstances).map { .otherKey($0) } ?? .asExpected
    }

    /// The correct key for the new circumstances; nil if it is the same.
    private func otherKey(
        than key: ComputedKey,
        with circumstances: ComputedKey.Circumstances
    ) throws -> ComputedKey? {
        guard circumstances != key.circumstances else { return nil }
        let other = try compute(key.dockerfile, circumstances, key.precise)
        return other.key == key.key ? nil : other
    }

    /// The reason to doubt the pinned base images after a build; nil if there is none. Their names must still resolve
    /// to what is in the key, and the daemon must have those images.
    private func doubtfulPins(_ key: ComputedKey) async throws -> BaseImageVerdict? {
        guard let pins = key.circumstances.pins else { return nil }
        var moved: [String] = []
        for pin in pins where pin.role == .base {
            if try await !pinning.isInDaemon(pin) { moved.append(pin.reference) }
        }
        guard moved.isEmpty else { return .moved(moved) }
        let now = try await pinsNow(pins)
        let unknown = now.filter { !$0.meaning.isCertain }.map(\.reference)
        guard unknown.isEmpty else { return .unknown(unknown) }
        moved = zip(pins, now).filter { $0 != $1 }.map(\.0.reference)
        return moved.isEmpty ? nil : .moved(moved)
    }

    /// What the same names resolve to now.
    private func pinsNow(_ pins: [BaseImagePin]) async throws -> [BaseImagePin] {
        try await pinning.pins(
            pins.filter { $0.role == .base }.map(\.reference),
            frontEnd: pins.first { $0.role == .frontEnd }?.reference
        )
    }

    /// The image that reads the Dockerfile, if what its name resolves to is part of the key; nil if the name contains a
    /// digest.
    func pinnedFrontEnd(_ dockerfile: [UInt8], _ circumstances: ComputedKey.Circumstances) -> String? {
        guard circumstances.builder?.builder.isBuildKit ?? true else { return nil }
        let image = FrontEnd.image(of: dockerfile, arguments: arguments(dockerfile, circumstances.builder))
        return image.flatMap { $0.contains("@") ? nil : $0 }
    }

    /// The names in the needed stages that have to be resolved for the key. Names that contain a digest are left out.
    func pinnedReferences(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances
    ) throws(InputError) -> [String] {
        if replacesSources(circumstances.builder) { throw .cannotPin(reason: "\(Self.replacement).") }
        // As written in the Dockerfile: replacements by named contexts are handled below.
        var parameters = parameters(dockerfile, circumstances)
        parameters.namedContexts = []
        switch PreciseInputs(dockerfile: dockerfile, parameters: parameters) {
        case .precise(let inputs):
            // A named context replaces the image of that name, and may itself be an image.
            let contexts = configuration.additionalArguments?.namedContexts ?? []
            let prefix = "docker-image://"
            let named = contexts.filter { $0.value.hasPrefix(prefix) }.map { String($0.value.dropFirst(prefix.count)) }
            let names = Set(inputs.baseImages.map(\.reference)).subtracting(contexts.map(\.name)).union(named)
                .filter { !$0.contains("@") }
            return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        case .whole(let reasons):
            throw .cannotPin(reason: reasons.first?.description ?? "it says nothing of them.")
        }
    }
}

extension BaseImageFacts {
    /// What all of these images add together, if any one of them may be meant; nil if one of them is unknown.
    static func union(_ facts: [BaseImageFacts?]) -> BaseImageFacts? {
        var known = facts.compactMap { $0 }
        guard known.count == facts.count, let last = known.popLast() else { return nil }
        return known.reduce(last) { $0.union($1) }
    }
}

/// What was learned about the base images before a build.
package struct ConfirmedKey {
    /// The correct key, if it differs.
    package let other: ComputedKey?
    package let sightings: [BaseImageQuestion: BaseImageSighting]

    package init(other: ComputedKey?, sightings: [BaseImageQuestion: BaseImageSighting]) {
        self.other = other
        self.sightings = sightings
    }
}

/// The evidence of which base images a build used.
package struct BuildEvidence {
    /// What there was before the build.
    package let sightings: [BaseImageQuestion: BaseImageSighting]
    /// The builder's report; nil if there is none.
    package let report: BuildReport?
    /// Whether the builder fetched base images from their registries even if the daemon had them.
    package let hasPulledBases: Bool
    /// Whether the builder may be one that is not the daemon's own.
    package let mayBeElsewhere: Bool

    package init(
        sightings: [BaseImageQuestion: BaseImageSighting],
        report: BuildReport?,
        hasPulledBases: Bool,
        mayBeElsewhere: Bool
    ) {
        self.sightings = sightings
        self.report = report
        self.hasPulledBases = hasPulledBases
        self.mayBeElsewhere = mayBeElsewhere
    }
}

/// What the base images that a build used mean for its key.
package enum BaseImageVerdict {
    /// They add nothing that is not in the key.
    case asExpected
    /// They add something, so the image belongs to this other key.
    case otherKey(ComputedKey)
    /// The names of those that moved to another image during the build.
    case moved([String])
    /// The names of those that could not be determined.
    case unknown([String])
}
