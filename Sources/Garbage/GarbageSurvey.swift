import CLibrary
package import Docker
import Fingerprint
import FoundationEssentials
import Images
package import Logging
package import PluginConfiguration
package import Store
import SystemPackage

/// Finds out what there is, and removes nothing.
package struct GarbageSurvey {
    package let index: Index
    /// Nil where there is no docker command.
    package let docker: DockerClient?
    package let environment: [String: String]
    package let log: Logger
    /// Whether the builder is asked what it keeps of contexts. A lookup looks at that after a build, and otherwise not.
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
        // After the daemon: what is built in between is an entry with no image, which stays, and never an image without
        // its entry.
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

    /// Nil, with a warning, if the daemon cannot be asked.
    package func daemon() async -> GarbageInventory.Daemon? {
        guard let docker else { return nil }
        do {
            // Containers after images: one that is started in between counts, and what it runs is no garbage yet.
            let images = try await docker.images(labelled: ImageAge.keyLabel).compactMap { LocalImage($0) }
            // Without images no one needs to know what uses them.
            let used = images.isEmpty ? [] : try await docker.imagesOfContainers()
            return GarbageInventory.Daemon(images: images, used: used)
        } catch {
            log.warning("No local image is removed, because the daemon did not say what it has: \(error)")
            return nil
        }
    }

    /// Nil where nothing may be removed; and with a warning, if the builder cannot be asked.
    private func builderUsage() async -> BuilderUsage? {
        guard let docker else { return nil }
        do {
            guard UsedBuilder(capabilities: try await docker.builderCapabilities(), name: nil).leavesContexts else {
                return nil
            }
            return try await docker.builderUsage(builder: nil)
        } catch {
            log.warning("What BuildKit keeps of contexts is not looked at, because it did not say how much: \(error)")
            return nil
        }
    }

    private static func age(of kind: Housekeeping.Kind, _ limits: GarbageLimits) -> Int64 {
        switch kind {
        case .events, .explanations: limits.eventAge
        // As long as there are events that the sums could be told by.
        case .dailyTotals: max(limits.eventAge, EventStatistics.daysAge)
        case .earlierDays: max(limits.eventAge, EventStatistics.earlierDaysAge)
        // A lookup believes them as long as it takes an image for fresh.
        case .baseImages, .remoteSources: max(limits.maximumAge, CacheConfiguration.usualMaximumAge ?? 0)
        case .logins, .providerAnswers: 0
        }
    }

    /// Only "there is no such file" says that a directory is gone: one that we may not look at may be there.
    private static func isThere(_ path: FilePath) -> Bool {
        var state = stat()
        guard lstat(path.string, &state) != 0 else { return true }
        return errno != ENOENT && errno != ENOTDIR
    }
}

/// Everything that a plan is made of, as it was found.
package struct GarbageInventory: Equatable, Sendable {
    package var entries: [Entry] = []
    /// Nil if the daemon could not be asked: then what may be in it is left alone.
    package var daemon: Daemon?
    package var checkouts: [FoundCheckout] = []
    /// How many rows of each kind are old enough to go, and from before which time.
    package var rows: [FoundRows] = []
    package var files: [LeftoverFile] = []
    /// What BuildKit keeps; nil where that is not known, or nothing of it may be removed.
    package var builder: BuilderUsage?
    package var space = Index.Space(total: 0, free: 0)

    package struct Daemon: Equatable, Sendable {
        /// Those that were built by this tool.
        package var images: [LocalImage]
        /// The ids of those that containers use.
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
