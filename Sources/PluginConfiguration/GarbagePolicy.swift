import Buildkite
import Formatting
import Images
package import Options
package import Store

/// What the option `gc` says: whether a lookup tidies up after itself, and by which limits.
package struct GarbagePolicy: Equatable, Sendable {
    package var isOn: Bool
    /// Bytes.
    package var maximumSize: Int64?
    /// In milliseconds; nil for the usual age.
    package var maximumAge: Int64?
    package var keep: Int?

    /// Reads the options. Throws ``OptionError`` for anything that cannot be right.
    package init(_ options: OptionValues) throws(OptionError) {
        let limits = [OptionTable.gcMaxSize, OptionTable.gcMaxAgeDays, OptionTable.gcKeep]
        let word = try options.requiredText(OptionTable.gc)
        switch OptionValues.word(word, among: ["auto", "on", "off"]) {
        case "auto", "on": isOn = true
        case "off": isOn = false
        default:
            if ByteCount.bytes(word) != nil {
                throw .invalid(
                    option: options.displayName(OptionTable.gc),
                    value: word,
                    reason: "expected auto or off; a size is the option "
                        + "\(options.displayName(OptionTable.gcMaxSize))."
                )
            }
            throw .notAllowed(option: options.displayName(OptionTable.gc), value: word, allowed: ["auto", "off"])
        }
        if !isOn, let limit = limits.first(where: { options.has($0) }) {
            throw .conflict(
                option: options.displayName(OptionTable.gc),
                with: options.displayName(limit),
                reason: "a gc that is off has no limits."
            )
        }
        let size = try options.text(OptionTable.gcMaxSize)
        maximumSize = try Self.size(size, option: options.displayName(OptionTable.gcMaxSize))
        maximumAge = try options.number(OptionTable.gcMaxAgeDays).map(CacheConfiguration.milliseconds(days:))
        keep = try Self.count(try options.text(OptionTable.gcKeep), option: options.displayName(OptionTable.gcKeep))
    }

    /// The same with the usual limits, for a build that must not decide what others lose.
    var withoutLimits: GarbagePolicy {
        var policy = self
        (policy.maximumSize, policy.maximumAge, policy.keep) = (nil, nil, nil)
        return policy
    }

    /// What is worth keeping after a lookup.
    ///
    /// - Parameter lookupAge: the age that the lookup's own images may reach, in milliseconds; nil for any
    package func limits(lookupAge: Int64?) -> GarbageLimits {
        let usual = CacheConfiguration.usualMaximumAge ?? 30 * GarbageLimits.day
        // Other pipelines on this host may let their images grow older than this one does.
        let age = maximumAge ?? max(usual, lookupAge ?? .max)
        var limits = GarbageLimits(maximumAge: age, orphanAge: .max)
        limits.respectsLongerAges = maximumAge == nil
        limits.maximumSize = maximumSize
        limits.keep = keep
        return limits
    }

    /// Bytes; nil where none were given.
    package static func size(_ text: String?, option: String) throws(OptionError) -> Int64? {
        guard let text else { return nil }
        guard let bytes = ByteCount.bytes(text) else {
            throw .invalid(option: option, value: text, reason: "expected a size such as 20GB, 1.5GiB or 500MB.")
        }
        return bytes
    }

    /// A whole number; nil where none was given.
    package static func count(_ text: String?, option: String) throws(OptionError) -> Int? {
        guard let text else { return nil }
        guard let number = OptionValues.number(text).flatMap(Int.init(exactly:)) else {
            throw .invalid(option: option, value: text, reason: "expected a whole number that is not negative.")
        }
        return number
    }
}

/// What is worth keeping. Times are milliseconds, sizes bytes.
package struct GarbageLimits: Equatable, Sendable {
    /// How long after it was built an image is worth keeping.
    package var maximumAge: Int64
    /// Whether an entry that was used at a greater age is believed to have a longer limit than ``maximumAge``:
    /// pipelines have limits of their own, and the index does not know them. Then it counts from its last use.
    package var respectsLongerAges = true
    /// Maximum total size of all images of this tool; nil for no limit.
    package var maximumSize: Int64?
    /// How many images of each name stay, those that were used last; nil for all.
    package var keep: Int?
    /// How long an image stays that no entry of this index stands for, counted from when it last got a name. It may be
    /// one of another index: where users have indexes of their own, they share the daemon.
    package var orphanAge: Int64
    /// How long events stay, and what explains a miss.
    package var eventAge: Int64 = EventStatistics.daysAge
    /// The one image that this is about; nil for everything.
    package var image: String?

    package init(
        maximumAge: Int64,
        respectsLongerAges: Bool = true,
        maximumSize: Int64? = nil,
        keep: Int? = nil,
        orphanAge: Int64,
        eventAge: Int64 = EventStatistics.daysAge,
        image: String? = nil
    ) {
        self.maximumAge = maximumAge
        self.respectsLongerAges = respectsLongerAges
        self.maximumSize = maximumSize
        self.keep = keep
        self.orphanAge = orphanAge
        self.eventAge = eventAge
        self.image = image
    }

    package static let day: Int64 = 86_400_000

    /// How long after its use nothing is removed: a step that was given an image may be about to run it.
    package static let recent: Int64 = 3_600_000
    /// How long after its last use the hashes of a checkout stay.
    package static let checkoutAge: Int64 = 30 * day
    /// How long a damaged index that was moved aside stays.
    package static let damagedIndexAge: Int64 = 30 * day
    /// How long after its last use a binary stays that the hooks fetched.
    package static let fetchedBinaryAge: Int64 = 30 * day
    /// What BuildKit may keep of contexts, in bytes: as much as its own rule leaves, which applies after 48 hours only.
    package static let contextBytes: Int64 = 512 << 20
    /// What is left of contexts where there were more: half of it, so that not every build has something to remove.
    package static let contextTarget: Int64 = contextBytes / 2
    /// How long the temporary directories of a build stay that was killed.
    package static let temporaryAge: Int64 = day

    /// Whether an entry is past its age at `now`.
    package func isExpired(_ entry: Entry, now: Int64) -> Bool {
        let limit = maximumAge == .max ? nil : maximumAge
        guard ImageAge.isTooOld(builtAt: entry.builtAt, maximum: limit, now: now) else { return false }
        let lastUse = ImageAge.credible(entry.lastUsedAt, now: now)
        guard respectsLongerAges, lastUse - entry.builtAt >= maximumAge else { return true }
        return now - lastUse >= maximumAge
    }
}
