import ArgumentParser
import Buildkite
import Docker
import Garbage
import Host
import Images
import Logging
import Lookup
import Options
import PluginConfiguration
import Providers
import Registry
import Store
import SystemPackage

/// `docker-cache forget`: removes what is stored for a key, so that its next lookup starts again.
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remove a key's entry from the index, and its image from this agent or the registry.",
        discussion: """
            The first digits of the key are enough. With --images, the local image is removed \
            too, unless a container uses it, or it was used within the last hour. An image with \
            other names loses only those that docker-cache gave it. The registry keeps its \
            image, and the next lookup uses it.

            With --registry, the image is withdrawn: its tags and its record in the registry, \
            the fallback tag if it names the image, the entry, and the local image. Agents that \
            already have the image use it until max-age-days ends.

            Examples:
              docker-cache forget 4478c4ed
              docker-cache forget 4478c4ed --images
              docker-cache forget 4478c4ed --registry --image my-app --provider ecr
            """
    )

    @Argument(help: "Key, or its first digits.")
    var key: String

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Flag(help: "Remove the local image too.")
        var images = false
    }

    @OptionGroup(title: "Removal") var own: Own
    @OptionGroup var place: RegistryArguments<Withdrawal>
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            if let cache = try RegistrySession.configuration(place, surroundings) {
                return try await withdraw(cache, surroundings)
            }
            try await common.withIndex(surroundings) { index in
                try await run(index, surroundings)
            }
        }
    }

    private func run(_ index: Index, _ surroundings: Surroundings) async throws {
        let prefix = try KeyPrefix(key)
        let entries = try index.entries.find(prefix: prefix.digits)
        guard try prefix.onlyKey(of: entries.map(\.key)) != nil else {
            throw KeyPrefixError.unknown(key, index: index.path.string)
        }
        let report = try await forget(entries, withImages: own.images, index, surroundings)
        let stillThere = entries.compactMap(\.cacheImage).map { cacheImage in
            "The registry still has \(cacheImage), from where the next lookup takes it."
        }
        try show(report, stillThere)
    }

    private func show(_ report: GarbageReport, _ more: [String] = []) throws {
        try common.print(report.lines + more, object: JSONObject(report.report))
        if !report.report.failed.isEmpty { throw ExitCode(ExitStatus.failed) }
    }

    /// Removes entries, and their local images if requested.
    private func forget(
        _ entries: [Entry],
        withImages: Bool,
        evenRecent: Bool = false,
        _ index: Index,
        _ surroundings: Surroundings
    ) async throws -> GarbageReport {
        let docker = withImages ? try DockerClient(environment: surroundings.environment, log: surroundings.log) : nil
        let survey = GarbageSurvey(
            index: index,
            docker: docker,
            environment: surroundings.environment,
            log: surroundings.log
        )
        let now = surroundings.now()
        let plan = GarbagePlan(forgetting: entries, with: await survey.daemon(), evenRecent: evenRecent, now: now)
        let collection = GarbageCollection(
            index: index,
            docker: docker,
            log: surroundings.log,
            now: now,
            forgetsRecent: true
        )
        return GarbageReport(plan, await collection.carryOut(plan))
    }

    /// Withdraws an image: from the registry first, so that no lookup pulls it again meanwhile, and then from the index
    /// and the daemon of this agent.
    private func withdraw(_ cache: CacheConfiguration, _ surroundings: Surroundings) async throws {
        let prefix = try KeyPrefix(key)
        let index = common.openIndex(surroundings)
        let report = try await RegistrySession.run(cache, index: index.opened?.path, surroundings) { cache, registry in
            let catalog = try await RegistryCatalog(cache, registry, prefix: prefix.digits, readsRecords: false)
            // With a user's `cache-key`, several images can have the same key.
            let entries =
                try index.opened?.entries.find(prefix: prefix.digits).filter {
                    $0.image == cache.image.description && cache.place.scopes.contains($0.scope)
                } ?? []
            guard try prefix.onlyKey(of: catalog.items.map(\.key) + entries.map(\.key)) != nil else {
                throw KeyPrefixError.unknownInRegistry(key, repository: "\(registry.repository)")
            }
            let deletion = try await registry.delete(
                try await Self.tags(of: catalog, cache, registry),
                expected: Dictionary(catalog.items.map { ($0.tag, $0.digest) }) { first, _ in first },
                isRehearsal: false
            )
            let withdrawn = RegistryGarbage.report(ofWithdrawn: deletion, repository: registry.repository)
            guard let opened = index.opened else { return withdrawn }
            return withdrawn.adding(
                try await forget(entries, withImages: true, evenRecent: true, opened, surroundings)
            )
        }
        try show(report)
        // Anything that was kept still refers to the bad image.
        if !report.report.kept.isEmpty { throw ExitCode(ExitStatus.failed) }
    }

    /// All tags that belong to the images: their own, those of their records and signatures, and the fallback tag if it
    /// names one of them.
    private static func tags(
        of catalog: RegistryCatalog,
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry
    ) async throws -> Set<String> {
        let digests = Set(catalog.items.map(\.digest))
        var tags = Set(catalog.items.map(\.tag))
        for digest in digests {
            for kind in ArtifactTag.Kind.allCases {
                tags.insert(ArtifactTag(kind, prefix: cache.place.tag, digest: digest).description)
            }
        }
        if let fallback = try cache.place.fallbackImage(), let digest = try await registry.digest(of: fallback),
            digests.contains(digest)
        {
            tags.insert(fallback.tag)
        }
        return tags
    }
}
