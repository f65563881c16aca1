import Buildkite
import Formatting
package import Options

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
        // YAML of the older kind takes `off` for false.
        switch try options.text(OptionTable.gc)?.lowercased() {
        case "auto", "on", "true", nil: isOn = true
        case "off", "false", "no": isOn = false
        case .some(let word):
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
            throw .invalid(option: option, value: text, reason: "allowed is a size such as 20GB, 1.5GiB or 500MB.")
        }
        return bytes
    }

    /// A whole number; nil where none was given.
    package static func count(_ text: String?, option: String) throws(OptionError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .invalid(option: option, value: text, reason: "allowed is a whole number that is not negative.")
        }
        return number
    }
}
