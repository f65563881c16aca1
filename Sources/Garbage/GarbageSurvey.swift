import CLibrary
package import Docker
import Fingerprint
import FoundationEssentials
import Images
package import Logging
package import PluginConfiguration
package import Store
import SystemPackage

/// Takes an inventory of everything that gc may remove. Removes nothing.
package struct GarbageSurvey {
    package let index: Index
    /// Nil if there is no docker command.
    package let docker: DockerClient?
    package let environment: [String: String]
    package let log: Logger
    /// Whether to query the builder for the contexts that it keeps. A lookup only does that after a build.
    package var countsContexts = false

    package init(
        index: Index,
        docker: DockerClient?,
        environment: [String: String],
        log: Logger,
        countsContexts: Bool = false
    ) {
        self.index = index
        self.docker = docker
        self.environment = environment
        self.log = log
        self.countsContexts = countsContexts
    }

    /// - Parameter now: milliseconds since 1970
    package func inventory(_ limits: GarbageLimits, now: Int64) async throws -> GarbageInventory {
        var found = GarbageInventory()
        found.daemon = await daemon()
        // After the daemon: an image built in between appears as an entry without an image, which stays, and never as
        // an image without its entry.
        found.entries = try index.entries.all()
        found.space = try index.space()
        guard limits.image == nil else { return found }
        found.checkouts = try index.directoryStates.checkouts().map { checkout in
            GarbageInventory.FoundCheckout(
                checkout: checkout,
                isThere: Self.isThere(FilePath(pathBytes: checkout.path))
            )
        }
        let reference = try index.housekeeping.reference(now: now)
        for kind in Housekeeping.Kind.allCases {
            let before = (kind.isHistory ? reference : now) - Self.age(of: kind, limits)
            let count = try index.housekeeping.count(kind, before: before)
            found.rows.append(GarbageInventory.FoundRows(kind: kind, before: before, count: count))
        }
        if countsContexts { found.builder = await builderUsage() }
        found.files = LeftoverFile.all(index: index.path, environment: environment, user: getuid(), now: now)
        return found
    }

    /// Nil without a docker command, or, with a warning, if the daemon cannot be queried.
    package func daemon() async -> GarbageInventory.Daemon? {
        guard let docker else { return nil }
        do {
            // Containers after images, so that the image of a container started in between is seen as used.
            let images = try await docker.images(labelled: ImageAge.keyLabel).compactMap { LocalImage($0) }
            // Without images, it does not matter what containers use.
            let used = images.isEmpty ? [] : try await docker.imagesOfContainers()
            return GarbageInventory.Daemon(images: images, used: used)
        } catch {
            log.warning("No local image is removed, because the daemon did not say what it has: \(error)")
            return nil
        }
    }

    /// Nil if nothing may be removed, and, with a warning, if the builder cannot be queried.
    private func builderUsage() async -> BuilderUsage? {
        guard let docker else { return nil }
        do {
            guard UsedBuilder(capabilities: try await docker.builderCapabilities(), name: nil).leavesContexts else {
                return nil
            }
            return try await docker.builderUsage(builder: nil)
        } catch {
            log.warning("BuildKit's contexts were not checked, because it did not report their size: \(error)")
            return nil
        }
    }

    private static func age(of kind: Housekeeping.Kind, _ limits: GarbageLimits) -> Int64 {
        switch kind {
        case .events, .explanations: limits.eventAge
        // At least as long as the events are kept.
        case .dailyTotals: max(limits.eventAge, EventStatistics.daysAge)
        case .earlierDays: max(limits.eventAge, EventStatistics.earlierDaysAge)
        // A lookup trusts them for as long as it considers an image fresh.
        case .baseImages, .remoteSources: max(limits.maximumAge, CacheConfiguration.usualMaximumAge ?? 0)
        case .logins, .providerAnswers: 0
        }
    }

    /// Whether the directory may exist. Only ENOENT and ENOTDIR show that it is gone: an inaccessible one may exist.
    private static func isThere(_ path: FilePath) -> Bool {
        var state = stat()
        guard lstat(path.string, &state) != 0 else { return true }
        return errno != ENOENT && errno != ENOTDIR
    }
}

/// Everything that a plan is based on, as it was found.
package struct GarbageInventory: Equatable, Sendable {
    package var entries: [Entry] = []
    /// Nil if the daemon could not be queried. Its images are then left alone.
    package var daemon: Daemon?
    package var checkouts: [FoundCheckout] = []
    /// The number of rows of each kind that are old enough to remove, with the time before which they are.
    package var rows: [FoundRows] = []
    package var files: [LeftoverFile] = []
    /// What BuildKit keeps; nil if that is unknown, or nothing of it may be removed.
    package var builder: BuilderUsage?
    package var space = Index.Space(total: 0, free: 0)

    package struct Daemon: Equatable, Sendable {
        /// The images that this tool built.
        package var images: [LocalImage]
        /// The ids of the images that containers use.
        package var used: Set<String>
    }

    package struct FoundCheckout: Equatable, Sendable {
        package var checkout: Checkout
        package var isThere: Bool
    }

    package struct FoundRows: Equatable, Sendable {
        package var kind: Housekeeping.Kind
        /// Milliseconds since 1970.
        package var before: Int64
        package var count: Int64
    }
}
