package import Docker
package import Fingerprint
package import Host
package import Images
package import Logging
import Providers
import Registry
import Store

/// Determines what base images add to the inputs, from the index, the daemon and the registry.
package struct BaseImageInquiry {
    /// The image that a registry has under a reference.
    package struct RegistryAnswer: Sendable {
        /// The digest of the index or manifest that the reference names.
        package let digest: Digest
        /// The digest of the manifest for the platform.
        package let manifestDigest: Digest
        package let facts: BaseImageFacts

        package init(digest: Digest, manifestDigest: Digest, facts: BaseImageFacts) {
            self.digest = digest
            self.manifestDigest = manifestDigest
            self.facts = facts
        }
    }

    /// The registries of base images, queried in the daemon's order.
    package struct Registries: Sendable {
        /// The image that a reference names on a platform; nil if no registry has it.
        package let image: @Sendable (_ reference: String, _ platform: Platform) async throws -> RegistryAnswer?
        /// The digest that a reference names; nil if no registry has it.
        package let digest: @Sendable (_ reference: String) async throws -> Digest?
    }

    package let index: LookupIndex
    /// The prefix of image names in the index.
    package var memoryMark = ""
    package let docker: () throws -> DockerClient
    package let registries: Registries
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int64
    /// How long an answer is remembered, in milliseconds; nil for no limit.
    package let maximumAge: Int64?
    package let log: Logger

    /// How long the index remembers that a registry did not respond, in milliseconds. Without it, every build would
    /// wait for a registry that is down.
    static let silenceMilliseconds: Int64 = 600_000

    /// Determines which places are queried before a build.
    package struct Scope: Equatable, Sendable {
        /// Whether the builder reports afterwards which images it used. If so, a good guess is enough.
        package var isReported: Bool
        /// Whether the build contacts the registry even for images that the daemon has.
        package var pulls: Bool
    }

    // MARK: Before the key

    /// What the index knows about each image. Contacts neither the daemon nor a registry: a key does not depend on who
    /// responds.
    package func remembered(_ images: [BaseImage], on platforms: BuildPlatforms) -> [BaseImage: BaseImageFacts] {
        var known: [BaseImage: BaseImageFacts] = [:]
        for image in images {
            known[image] = BaseImageFacts.union(platforms.questions(image).map { current($0)?.facts })
        }
        return known
    }

    private func record(_ question: BaseImageQuestion) -> BaseImageRecord? {
        index.attempt { index in
            try index.baseImages.find(
                reference: memoryMark + question.reference,
                platform: question.platform.description
            )
        } ?? nil
    }

    private func current(_ question: BaseImageQuestion) -> BaseImageRecord? {
        record(question).flatMap { Self.isCurrent($0, maximumAge: maximumAge, now: now()) ? $0 : nil }
    }

    /// Whether the record is still recent enough to be used.
    static func isCurrent(_ record: BaseImageRecord, maximumAge: Int64?, now: Int64) -> Bool {
        guard record.learnedAt <= now else { return false }
        guard record.hasTriggers != nil else { return now - record.learnedAt < silenceMilliseconds }
        return maximumAge.map { now - record.learnedAt < $0 } ?? true
    }

    // MARK: Before a build

    /// What the daemon and the registry have of each image. Registries are queried concurrently: any number of
    /// unresponsive ones cost a build seven seconds in total.
    package func sight(
        _ questions: Set<BaseImageQuestion>,
        _ scope: Scope
    ) async -> [BaseImageQuestion: BaseImageSighting] {
        var sightings: [BaseImageQuestion: BaseImageSighting] = [:]
        for question in questions { sightings[question] = await sightWithoutRequest(question, scope) }
        let open = sightings.filter { $0.value.registry == .notAsked && !isEnough($0.value.daemon, scope) }.keys
        for (question, place) in await askRegistries(Dictionary(uniqueKeysWithValues: open.map { ($0, $0.reference) }))
        {
            sightings[question]?.registry = place
            let isNews = record(question)?.facts == nil && !Task.isCancelled
            if place == .silent, isNews, sightings[question]?.daemon.candidate == nil { remember(nil, question) }
        }
        for (question, sighting) in sightings {
            if let likely = sighting.likely(pulls: scope.pulls), !likely.isRemembered { remember(likely, question) }
        }
        return sightings
    }

    /// What the daemon has, and what the index remembers of the registry if that is as good as the registry's answer.
    private func sightWithoutRequest(_ question: BaseImageQuestion, _ scope: Scope) async -> BaseImageSighting {
        let askedAt = now()
        var sighting = BaseImageSighting(daemon: await askDaemon(question), askedAt: askedAt)
        guard scope.isReported, !scope.pulls, let record = current(question) else { return sighting }
        if let facts = record.facts, let identity = record.digest, let digest = Digest(identity) {
            var image = BaseImageCandidate(identity: identity, digests: [digest], facts: facts)
            image.isRemembered = true
            if sighting.daemon.candidate == nil { sighting.registry = .has(image) }
        } else if record.facts == nil {
            sighting.registry = .silent
        }
        return sighting
    }

    /// Whether the daemon's image is all that has to be known. With Docker's own image store, the builder looks there
    /// first; with containerd's, the builder reports afterwards which image it took.
    private func isEnough(_ daemon: BaseImagePlace, _ scope: Scope) -> Bool {
        guard let image = daemon.candidate, !scope.pulls else { return false }
        return scope.isReported || !image.isOfContainerd
    }

    // MARK: After a build

    /// What is known about each base image that a build used.
    ///
    /// - Parameters:
    ///   - report: the builder's report; nil if there is none
    ///   - prefersDaemon: whether the builder is the daemon's own and was not told to contact the registry first
    package func used(
        _ sightings: [BaseImageQuestion: BaseImageSighting],
        report: BuildReport?,
        prefersDaemon: Bool
    ) async -> [BaseImageQuestion: UsedBaseImage] {
        var used: [BaseImageQuestion: UsedBaseImage] = [:]
        var open: [BaseImageQuestion: String] = [:]
        for (question, before) in sightings {
            let reference = try? RegistryReference(question.reference)
            guard let reference, let digest = report?.digest(of: reference, platform: question.platform) else {
                used[question] = await unreported(question, before, prefersDaemon: prefersDaemon)
                continue
            }
            used[question] = await reported(digest, question, before)
            if used[question] == .unknown { open[question] = "\(reference.repository)@\(digest)" }
        }
        for (question, place) in await askRegistries(open) {
            guard let image = place.candidate else { continue }
            used[question] = .known(image.facts)
            remember(image, question)
        }
        return used
    }

    private func reported(
        _ digest: Digest,
        _ question: BaseImageQuestion,
        _ before: BaseImageSighting
    ) async -> UsedBaseImage {
        let used = UsedBaseImage.reported(digest, before: before, after: .notAsked)
        if case .known = used { return used }
        if let record = record(question), record.digest == digest.description, let facts = record.facts {
            return .known(facts)
        }
        return UsedBaseImage.reported(digest, before: before, after: await askDaemon(question, since: before))
    }

    private func unreported(
        _ question: BaseImageQuestion,
        _ before: BaseImageSighting,
        prefersDaemon: Bool
    ) async -> UsedBaseImage {
        var after = BaseImageSighting(daemon: await askDaemon(question, since: before), askedAt: now())
        if before.registry.isKnown { after.registry = await askAgain(question, before.registry) }
        let isOfContainerd = before.daemon.candidate?.isOfContainerd ?? true
        return .unreported(before: before, after: after, prefersDaemon: prefersDaemon && !isOfContainerd)
    }

    /// What the registry has, to compare it with the earlier answer. Makes one small request.
    private func askAgain(_ question: BaseImageQuestion, _ before: BaseImagePlace) async -> BaseImagePlace {
        do {
            guard let digest = try await registries.digest(question.reference) else { return .absent }
            guard before.candidate?.identity != digest.description else { return before }
            // What this image adds does not matter: it is not the earlier one.
            return .has(
                BaseImageCandidate(
                    identity: digest.description,
                    digests: [digest],
                    facts: BaseImageFacts(triggers: [], environment: [])
                )
            )
        } catch {
            log.debug("The registry could not be queried for the base image \(question.reference): \(error)")
            return .silent
        }
    }

    /// - Parameter image: nil if the registry did not respond
    private func remember(_ image: BaseImageCandidate?, _ question: BaseImageQuestion) {
        let record = BaseImageRecord(
            reference: memoryMark + question.reference,
            platform: question.platform.description,
            learnedAt: now(),
            digest: image?.identity,
            hasTriggers: image?.facts.hasTriggers,
            variables: image?.facts.variables.sorted() ?? []
        )
        index.attempt { try $0.baseImages.save(record) }
    }
}

extension BaseImageInquiry.Registries {
    /// The registries that an image's name leads to.
    init(_ access: RegistryAccess) {
        image = { reference, platform in
            guard let image = try await access.image(named: reference, platform: platform) else { return nil }
            return BaseImageInquiry.RegistryAnswer(
                digest: image.named.digest,
                manifestDigest: image.manifestDigest,
                facts: BaseImageFacts(
                    triggers: image.configuration.onBuild,
                    environment: image.configuration.environment
                )
            )
        }
        digest = { try await access.digest(named: $0) }
    }
}

extension BaseImageRecord {
    /// Nil if the registry did not respond.
    var facts: BaseImageFacts? {
        hasTriggers.map { BaseImageFacts(hasTriggers: $0, variables: Set(variables)) }
    }
}

/// The platforms of a build.
package struct BuildPlatforms: Equatable, Sendable {
    package let target: Platform
    /// The platform of the machine that builds.
    package let builder: Platform

    package init(target: Platform, builder: Platform) {
        self.target = target
        self.builder = builder
    }

    /// The images that may be meant. If only the builder knows, these are the image for its own platform and the one
    /// for the target's.
    func questions(_ image: BaseImage) -> [BaseImageQuestion] {
        let platforms =
            switch image.variant {
            case .target: [target]
            case .platform(let text): [Platform(text) ?? target]
            case .buildersChoice: target == builder ? [target] : [target, builder]
            }
        return platforms.map { BaseImageQuestion(reference: image.reference, platform: $0) }
    }
}
