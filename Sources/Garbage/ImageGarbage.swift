import Images
import PluginConfiguration
import Store

/// Decides which entries and images of an inventory to remove. Part of ``GarbagePlan``, and also pure.
struct ImageGarbage {
    private let limits: GarbageLimits
    private let now: Int64
    private let isDaemonKnown: Bool
    private let used: Set<String>
    private let entries: [Entry]
    /// Least recently used first.
    private var candidates: [Candidate] = []

    private(set) var entrySteps: [GarbageStep] = []
    package private(set) var removals: [GarbageStep.ImageRemoval] = []
    package private(set) var kept: [GarbagePlan.Kept] = []
    private var removedIDs: Set<String> = []
    /// How long an image stays after its last use, in milliseconds.
    private var recent = GarbageLimits.recent

    /// An image with its entries in the index.
    private struct Candidate {
        let image: LocalImage
        /// The entries of its key and name, including those that refer to a different image.
        let entries: [Entry]
        /// The entries among them that refer to this image.
        let claims: [Entry]
        let lastUsedAt: Int64
    }

    package init(_ found: GarbageInventory, limits: GarbageLimits, now: Int64) {
        self.limits = limits
        self.now = now
        used = found.daemon?.used ?? []
        entries = limits.image.map { image in found.entries.filter { $0.image == image } } ?? found.entries
        let images = (found.daemon?.images ?? []).filter { limits.image == nil || $0.image == limits.image }
        // There may be far more entries than images.
        let keys = Set(images.map(\.key))
        let byName = Dictionary(grouping: entries.lazy.filter { keys.contains($0.key) }) {
            LocalImageName.listed("\($0.image):\($0.key)")
        }
        candidates = images.map { image in
            let entries = byName[LocalImageName.listed("\(image.image):\(image.key)")] ?? []
            let claims = entries.filter { $0.localImageID == image.id }
            let uses = claims.isEmpty ? [image.builtAt, image.taggedAt] : claims.map(\.lastUsedAt)
            let lastUse = uses.map { ImageAge.credible($0, now: now) }.max() ?? 0
            return Candidate(image: image, entries: entries, claims: claims, lastUsedAt: lastUse)
        }
        candidates.sort { ($0.lastUsedAt, $0.image.id) < ($1.lastUsedAt, $1.image.id) }
        isDaemonKnown = found.daemon != nil
    }

    package mutating func decide() {
        dropExpiredEntries()
        for candidate in candidates {
            if let reason = ownReason(candidate) { remove(candidate, reason) }
        }
        if let keep = limits.keep { removeAllBut(keep) }
        if let size = limits.maximumSize { remove(above: size) }
    }

    /// Drops all entries and their images.
    ///
    /// - Parameter evenRecent: whether to include images that a step may be about to run
    package mutating func forget(evenRecent: Bool) {
        if evenRecent { recent = 0 }
        for candidate in candidates where !candidate.claims.isEmpty { remove(candidate, .forgotten) }
        entrySteps = entries.filter { !removedIDs.contains($0.localImageID ?? "") }.map { .dropEntry($0, .forgotten) }
    }

    /// Drops expired entries if their image is not in the daemon, or if another entry that has not expired refers to
    /// it.
    private mutating func dropExpiredEntries() {
        let promised = Dictionary(candidates.map { ($0.image.id, $0) }) { first, _ in first }
        for entry in entries where isRemovable(entry) {
            if let id = entry.localImageID {
                guard isDaemonKnown else { continue }
                if let candidate = promised[id], candidate.claims.contains(entry),
                    candidate.claims.allSatisfy(isRemovable)
                {
                    // It is removed with its image.
                    continue
                }
            }
            entrySteps.append(.dropEntry(entry, .expired))
        }
    }

    private func isRemovable(_ entry: Entry) -> Bool {
        limits.isExpired(entry, now: now) && now - ImageAge.credible(entry.lastUsedAt, now: now) >= GarbageLimits.recent
    }

    /// Why the image is removed regardless of other images; nil if it is worth keeping.
    private func ownReason(_ candidate: Candidate) -> GarbageReason? {
        if !candidate.claims.isEmpty { return candidate.claims.allSatisfy(isRemovable) ? .expired : nil }
        let unnamed = now - ImageAge.credible(candidate.image.taggedAt, now: now)
        // Every build or pull of an image tags it, so an image without an entry may be in use as long as its tag is
        // new.
        guard unnamed >= GarbageLimits.day else { return nil }
        // Its build was interrupted, or it was used for one step and not saved.
        if candidate.image.isTemporary { return .unsaved }
        // Entries that refer to a different image do not belong to this one: another index may know it.
        let mayBeOfOthers = candidate.entries.contains { $0.localImageID != nil }
        if !candidate.entries.isEmpty, !mayBeOfOthers { return .leftover }
        let isPastAge = ImageAge.isExpired(
            builtAt: candidate.image.builtAt,
            maximum: limits.maximumAge,
            now: now
        )
        return isPastAge || (unnamed >= limits.orphanAge && !mayBeOfOthers) ? .orphan : nil
    }

    /// Keeps the `keep` most recently used images of each scope.
    private mutating func removeAllBut(_ keep: Int) {
        var counts: [String: Int] = [:]
        var rest: [Candidate] = []
        for candidate in candidates.reversed() where !isRemoved(candidate) && !candidate.claims.isEmpty {
            var isKept = false
            for claim in candidate.claims {
                counts[claim.scope, default: 0] += 1
                if counts[claim.scope, default: 0] <= keep { isKept = true }
            }
            if !isKept { rest.append(candidate) }
        }
        for candidate in rest.reversed() { remove(candidate, .keep) }
    }

    private mutating func remove(above maximum: Int64) {
        var total = candidates.reduce(0) { $0 + (isRemoved($1) ? 0 : $1.image.size) }
        for candidate in candidates where total > maximum && !isRemoved(candidate) {
            if !candidate.image.foreignNames(candidate.entries).isEmpty {
                kept.append(GarbagePlan.Kept(name: candidate.image.name, why: .foreignNames))
            } else if candidate.claims.isEmpty,
                now - ImageAge.credible(candidate.image.taggedAt, now: now) < GarbageLimits.day
            {
                kept.append(GarbagePlan.Kept(name: candidate.image.name, why: .recent))
            } else if remove(candidate, .maximumSize) {
                total -= candidate.image.size
            }
        }
    }

    private func isRemoved(_ candidate: Candidate) -> Bool {
        removedIDs.contains(candidate.image.id)
    }

    /// Returns false if the image has to stay.
    @discardableResult
    private mutating func remove(_ candidate: Candidate, _ reason: GarbageReason) -> Bool {
        let image = candidate.image
        let why: GarbagePlan.Kept.Why? =
            if used.contains(image.id) {
                .container
            } else if now - max(candidate.lastUsedAt, ImageAge.credible(image.taggedAt, now: now))
                < recent
            {
                .recent
            } else if reason != .forgotten, image.hasLocalTags(candidate.entries) {
                .localTags
            } else {
                nil
            }
        if let why {
            let note = GarbagePlan.Kept(name: image.name, why: why)
            if !kept.contains(note) { kept.append(note) }
            return false
        }
        removedIDs.insert(image.id)
        removals.append(
            GarbageStep.ImageRemoval(
                image: image,
                reason: reason,
                claims: candidate.claims.map { reason == .forgotten || isRemovable($0) ? .drop($0) : .release($0) },
                names: image.ownNames(candidate.entries),
                foreignNames: image.foreignNames(candidate.entries)
            )
        )
        return true
    }
}
