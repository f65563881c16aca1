package import Docker
package import Fingerprint
package import Host
package import Images
package import Logging
import Store

/// Finds out what base images bring along: from the index, from the daemon, from the registry.
package struct BaseImageInquiry {
    /// Who is asked.
    package enum Scope {
        /// The index, else the daemon, else the registry: the first that knows.
        case whoeverKnows
        /// The daemon, else the registry, whatever the index remembers: as BuildKit in the daemon does it.
        case daemonElseRegistry
        /// The daemon and the registry. If they have different images, what either brings along counts: which of them
        /// a build takes depends on its flags, and on where its builder runs.
        case everyone
    }

    /// What a registry has under a reference.
    package struct RegistryAnswer: Sendable {
        /// `sha256:…`, of what the reference names.
        package let digest: String
        package let facts: BaseImageFacts
    }

    package let index: LookupIndex
    package let docker: () throws -> DockerClient
    /// Asks the registry of a reference for the image on a platform; nil where none may be asked.
    package let registry: (@Sendable (_ reference: String, _ platform: Platform) async throws -> RegistryAnswer?)?
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int64
    /// How long an answer is remembered, in milliseconds; nil for ever.
    package let maximumAge: Int64?
    package let log: Logger
    /// Whether an image that nobody can be asked about counts as one that brings nothing along. Only for measurements:
    /// the image may be another than the key says.
    package var assumesPlain = false

    /// How long it is remembered that nobody could be asked: an hour of builds must not wait for a registry that is
    /// down, each for itself.
    static let silenceMilliseconds: Int64 = 600_000

    /// What is known of each image. One that nobody could be asked about is left out.
    ///
    /// - Parameters:
    ///   - platform: what is built for
    ///   - buildPlatform: that of the machine that builds
    package func facts(
        of images: [BaseImage],
        platform: Platform,
        buildPlatform: Platform,
        asking scope: Scope
    ) async -> [BaseImage: BaseImageFacts] {
        var known: [BaseImage: BaseImageFacts] = [:]
        for image in images {
            var found: BaseImageFacts?
            for platform in Self.platforms(of: image, platform: platform, buildPlatform: buildPlatform) {
                guard let facts = await facts(of: image.reference, platform, asking: scope) else {
                    found = nil
                    break
                }
                found = found?.union(facts) ?? facts
            }
            known[image] = found ?? (assumesPlain ? BaseImageFacts(triggers: [], environment: []) : nil)
        }
        return known
    }

    /// The platforms whose image may be meant: where only the builder knows, its own and the one that is built for.
    static func platforms(of image: BaseImage, platform: Platform, buildPlatform: Platform) -> [Platform] {
        switch image.variant {
        case .target: [platform]
        case .platform(let text): [Platform(text) ?? platform]
        case .buildersChoice: platform == buildPlatform ? [platform] : [platform, buildPlatform]
        }
    }

    /// Whether what was learned then is still to be believed.
    static func isCurrent(_ record: BaseImageRecord, maximumAge: Int64?, now: Int64) -> Bool {
        guard record.learnedAt <= now else { return false }
        guard record.hasTriggers != nil else { return now - record.learnedAt < silenceMilliseconds }
        return maximumAge.map { now - record.learnedAt < $0 } ?? true
    }

    private func facts(of reference: String, _ platform: Platform, asking scope: Scope) async -> BaseImageFacts? {
        let name = platform.description
        if scope == .whoeverKnows,
            let record = index.attempt({ try $0.baseImages.find(reference: reference, platform: name) }) ?? nil,
            Self.isCurrent(record, maximumAge: maximumAge, now: now())
        {
            return record.hasTriggers.map { BaseImageFacts(hasTriggers: $0, variables: Set(record.variables)) }
        }
        let local = await askDaemon(reference, platform)
        var remote: RegistryAnswer?
        if scope == .everyone || local == nil { remote = await askRegistry(reference, platform) }
        let facts = local.flatMap { local in remote.map { local.union($0.facts) } ?? local } ?? remote?.facts
        let record = BaseImageRecord(
            reference: reference,
            platform: name,
            learnedAt: now(),
            digest: remote?.digest,
            hasTriggers: facts?.hasTriggers,
            variables: facts?.variables.sorted() ?? []
        )
        index.attempt { try $0.baseImages.save(record) }
        return facts
    }

    /// Nil if the daemon has no such image for the platform, or cannot be asked.
    private func askDaemon(_ reference: String, _ platform: Platform) async -> BaseImageFacts? {
        do {
            guard let image = try await docker().inspectImage(reference), image.platform == platform else {
                return nil
            }
            return BaseImageFacts(triggers: image.triggers, environment: image.environment)
        } catch {
            log.debug("The daemon could not be asked for the base image \(reference): \(error)")
            return nil
        }
    }

    private func askRegistry(_ reference: String, _ platform: Platform) async -> RegistryAnswer? {
        guard let registry, !assumesPlain else { return nil }
        do {
            return try await registry(reference, platform)
        } catch {
            log.debug("The registry could not be asked for the base image \(reference): \(error)")
            return nil
        }
    }
}
