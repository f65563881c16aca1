package import Docker
import Images
package import PluginConfiguration
package import Store
import SystemPackage

/// What gc removes and what it leaves alone: a pure function of the inventory. `--dry-run` shows the plan that would be
/// carried out.
package struct GarbagePlan: Equatable, Sendable {
    /// In execution order: quick steps first, then images, least recently used first.
    package private(set) var steps: [GarbageStep] = []
    /// Images that would be removed if it were not for the given reason.
    package private(set) var kept: [Kept] = []

    package struct Kept: Equatable, Sendable {
        /// `<image>:<key>`
        package let name: String
        package let why: Why

        package enum Why: String, Sendable {
            case container = "a container uses it"
            case recent = "it was used within the last hour"
            case localTags = "it has another tag, which local-tags or a step gave it"
            case foreignNames = "it has other names, and removing ours would free nothing"
        }
    }

    /// Whether the index releases its free space after the steps, if there is much.
    package private(set) var compacts = false

    /// Whether enough of the index is empty to be worth releasing. New rows need some empty space.
    package static func isWorthCompacting(_ space: Index.Space) -> Bool {
        space.free >= 4 << 20 && Double(space.free) >= Double(space.total) * 0.25
    }

    /// - Parameter now: milliseconds since 1970
    package init(_ found: GarbageInventory, limits: GarbageLimits, now: Int64) {
        if limits.image == nil {
            for rows in found.rows where rows.count > 0 {
                steps.append(.removeRows(rows.kind, before: rows.before, count: rows.count))
            }
            steps += found.files.map { .removeFile($0) }
            steps += found.checkouts.compactMap { Self.step($0, now: now) }
            if let usage = found.builder, usage.contexts > GarbageLimits.contextBytes {
                steps.append(.pruneContexts(usage))
            }
        }
        var images = ImageGarbage(found, limits: limits, now: now)
        images.decide()
        steps += images.entrySteps + images.removals.map { .removeImage($0) }
        kept = images.kept
        compacts = true
        if Self.isWorthCompacting(found.space) { steps.append(.compact) }
    }

    /// Removes entries and, if wanted, their images, because a user requests it.
    ///
    /// - Parameter entries: all entries of some keys
    package init(
        forgetting entries: [Entry],
        with daemon: GarbageInventory.Daemon?,
        evenRecent: Bool = false,
        now: Int64
    ) {
        var images = ImageGarbage(
            GarbageInventory(entries: entries, daemon: daemon ?? .init(images: [], used: [])),
            limits: GarbageLimits(maximumAge: .max, orphanAge: .max),
            now: now
        )
        images.forget(evenRecent: evenRecent)
        steps = images.entrySteps + images.removals.map { .removeImage($0) }
        kept = images.kept
    }

    /// The total size of the images to remove, in bytes, as docker reports it.
    package var bytes: Int64 {
        steps.reduce(0) { sum, step in
            if case .removeImage(let removal) = step { sum + removal.bytes } else { sum }
        }
    }

    private static func step(_ found: GarbageInventory.FoundCheckout, now: Int64) -> GarbageStep? {
        let unused = now - ImageAge.credible(found.checkout.lastUsedAt, now: now)
        if unused >= GarbageLimits.checkoutAge { return .forgetCheckout(found.checkout, .unused) }
        guard !found.isThere, unused >= GarbageLimits.recent else { return nil }
        return .forgetCheckout(found.checkout, .gone)
    }
}

/// One step of gc. Each is complete in itself: gc may end after any of them. Indirect, because there may be as many as
/// entries, and they are kept in several lists.
package indirect enum GarbageStep: Equatable, Sendable {
    /// Drops an entry. Its image is not in the daemon, or stays there for another entry.
    case dropEntry(Entry, GarbageReason)
    /// Drops or releases the image's entries, then removes the image's own names.
    case removeImage(ImageRemoval)
    /// Removes the hashes of a checkout.
    case forgetCheckout(Checkout, GarbageReason)
    /// Removes rows from before a time, in milliseconds since 1970.
    case removeRows(Housekeeping.Kind, before: Int64, count: Int64)
    case removeFile(LeftoverFile)
    /// Removes most of the contexts that BuildKit keeps.
    case pruneContexts(BuilderUsage)
    /// Releases the empty pages of the index to the file system.
    case compact

    /// Whether the step only writes the index.
    var isOfIndexAlone: Bool {
        switch self {
        case .dropEntry, .forgetCheckout, .removeRows, .compact: true
        case .removeImage, .removeFile, .pruneContexts: false
        }
    }

    /// What happens to an entry when its image is removed.
    package enum Claim: Equatable, Sendable {
        /// The entry is removed too.
        case drop(Entry)
        /// The entry stays, with its age and its image in the registry, but without a local image.
        case release(Entry)

        package var entry: Entry {
            switch self {
            case .drop(let entry), .release(let entry): entry
            }
        }
    }

    /// An image to remove, by its own names.
    package struct ImageRemoval: Equatable, Sendable {
        package let image: LocalImage
        package let reason: GarbageReason
        let claims: [Claim]
        /// In removal order. The name that lookups use is the last tag.
        package let names: [String]
        /// Names that this tool did not give it, and that stay.
        let foreignNames: [String]

        /// Whether no entry will refer to it any more, so that no lookup can use it.
        var isExpired: Bool { claims.allSatisfy { if case .drop = $0 { true } else { false } } }

        /// The size that docker can free, in bytes. Layers that other images need stay.
        package var bytes: Int64 { foreignNames.isEmpty ? image.size : 0 }
    }
}

/// Why something is removed.
package enum GarbageReason: String, Sendable {
    case expired
    case maximumSize = "max-size"
    case keep
    /// An earlier gc updated the image's entries, but did not remove the image.
    case leftover
    /// Its only name is the one that it was built under.
    case unsaved
    /// No entry of the index refers to it.
    case orphan
    case forgotten
    /// The directory no longer exists.
    case gone
    case unused
    case old

    /// The user-facing explanation, as the end of a sentence.
    package var explanation: String {
        switch self {
        case .expired: "it has reached its age"
        case .maximumSize: "there is more than max-size, and it was used longest ago"
        case .keep: "there are more images than keep, and others were used later"
        case .leftover: "an earlier gc ended before it got to it"
        case .unsaved: "it was used for one step and not saved, or its build was ended"
        case .orphan: "it has no index entry"
        case .forgotten: "it was forgotten"
        case .gone: "the directory is gone"
        case .unused: "it was not used for long"
        case .old: "it is old"
        }
    }
}
