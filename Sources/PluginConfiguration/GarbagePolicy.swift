import Buildkite
import Formatting
import Images
package import Options
package import Store

/// The option `gc`: whether a lookup cleans up afterwards, and its limits.
package struct GarbagePolicy: Equatable, Sendable {
    package var isOn: Bool
    /// In bytes; nil for no limit.
    package var maximumSize: Int64?
    /// In milliseconds; nil for the default age.
    package var maximumAge: Int64?
    package var keep: Int?

    /// Reads the options. Throws ``OptionError`` for invalid values.
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

    /// The same policy with default limits, for a build that must not decide which images others lose.
    var withoutLimits: GarbagePolicy {
        var policy = self
        (policy.maximumSize, policy.maximumAge, policy.keep) = (nil, nil, nil)
        return policy
    }

    /// The limits of what is kept after a lookup.
    ///
    /// - Parameter lookupAge: the age that the lookup's own images may reach, in milliseconds; nil for any
    package func limits(lookupAge: Int64?) -> GarbageLimits {
        let usual = CacheConfiguration.usualMaximumAge ?? 30 * GarbageLimits.day
        // Other pipelines on this host may allow their images a greater age.
        let age = maximumAge ?? max(usual, lookupAge ?? .max)
        var limits = GarbageLimits(maximumAge: age, orphanAge: .max)
        limits.respectsLongerAges = maximumAge == nil
        limits.maximumSize = maximumSize
        limits.keep = keep
        return limits
    }

    /// The allowed forms of a size, as the reason of an error.
    package static let expectedSize = "expected a size such as 500MB, 20GB, 1.5TB or 10GiB."

    /// The size in bytes; nil if none was given.
    package static func size(_ text: String?, option: String) throws(OptionError) -> Int64? {
        guard let text else { return nil }
        guard let bytes = ByteCount.bytes(text) else {
            throw .invalid(option: option, value: text, reason: expectedSize)
        }
        return bytes
    }

    /// The whole number; nil if none was given.
    package static func count(_ text: String?, option: String) throws(OptionError) -> Int? {
        guard let text else { return nil }
        guard let number = OptionValues.number(text).flatMap(Int.init(exactly:)) else {
            throw .invalid(option: option, value: text, reason: "expected a whole number, at least 0.")
        }
        return number
    }
}

/// The limits of what is kept. Times are milliseconds, sizes bytes.
package struct GarbageLimits: Equatable, Sendable {
    /// How long an image is kept after it was built.
    package var maximumAge: Int64
    /// Whether an entry that was used at an age above ``maximumAge`` is assumed to have a longer limit: pipelines have
    /// their own limits, which the index does not know. Its age then counts from its last use.
    package var respectsLongerAges = true
    /// Maximum total size of all images of this tool; nil for no limit.
    package var maximumSize: Int64?
    /// How many images of each name are kept, the most recently used ones; nil for all.
    package var keep: Int?
    /// How long an image without an entry in this index is kept, counted from when it last got a name. It may belong to
    /// another index: users with separate indexes share the daemon.
    package var orphanAge: Int64
    /// How long events and the explanations of misses are kept.
    package var eventAge: Int64 = EventStatistics.daysAge
    /// The only image to which the limits apply; nil for everything.
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

    /// How long after its use nothing is removed: a step that got an image may be about to run it.
    package static let recent: Int64 = 3_600_000
    /// How long the hashes of a checkout are kept after their last use.
    package static let checkoutAge: Int64 = 30 * day
    /// How long a damaged index that was moved aside is kept.
    package static let damagedIndexAge: Int64 = 30 * day
    /// How long a binary that the hooks fetched is kept after its last use.
    package static let fetchedBinaryAge: Int64 = 30 * day
    /// How much BuildKit may keep of contexts, in bytes. Its own rule has the same limit, but applies only after 48
    /// hours.
    package static let contextBytes: Int64 = 512 << 20
    /// What remains of contexts above that limit: half of it, so that not every build has something to remove.
    package static let contextTarget: Int64 = contextBytes / 2
    /// How long the temporary directories of a killed build are kept.
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
