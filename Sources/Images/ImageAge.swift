import Formatting

/// When images were built, and whether they are too old.
package enum ImageAge {
    /// The prefix of all our labels.
    package static let labelPrefix = "io.docker-cache."
    /// The label with the time when an image was built, in RFC 3339.
    package static let builtAtLabel = "io.docker-cache.built-at"
    /// The label with the name of the image.
    package static let imageLabel = "io.docker-cache.image"
    /// The label with the key that an image was built for.
    package static let keyLabel = "io.docker-cache.key"

    /// Times up to this one (1980, where the ZIP format begins) come from reproducible builds and have no meaning.
    private static let earliestMeaningful: Int64 = 315_532_800_000

    /// When the image was built, in milliseconds since 1970: from its label, otherwise from `created` in its
    /// configuration. Nil if neither has a usable time.
    package static func builtAt(_ image: some ImageDescription) -> Int64? {
        if let label = image.labels[builtAtLabel], let time = Timestamp.milliseconds(label) { return time }
        guard let created = image.createdText.flatMap(Timestamp.milliseconds), created > earliestMeaningful else {
            return nil
        }
        return created
    }

    /// Whether an image built at `builtAt` has reached the age `maximum`. All values are in milliseconds; nil means no
    /// limit.
    ///
    /// A limit of 0 is reached immediately, even by an image from a clock that is ahead of ours.
    package static func isExpired(builtAt: Int64, maximum: Int64?, now: Int64) -> Bool {
        guard let maximum else { return false }
        return max(0, now - builtAt) >= maximum
    }

    /// The maximum difference between agents' clocks, in milliseconds.
    private static let largestDrift: Int64 = 86_400_000

    /// Whether the image's time is so far ahead of ours that one of the two clocks was wrong. Its age is then unknown.
    /// If there is a limit, a lookup treats the image as expired. Otherwise it would be a hit for as long as it is
    /// ahead.
    package static func isAhead(builtAt: Int64, now: Int64) -> Bool { builtAt - now > largestDrift }

    /// The time at which something was used, or 0 if it is too far ahead to be right. Otherwise, something that was
    /// used while a clock was ahead would never become unused.
    ///
    /// - Parameters:
    ///   - time: milliseconds since 1970
    ///   - now: milliseconds since 1970
    package static func credible(_ time: Int64, now: Int64) -> Int64 {
        isAhead(builtAt: time, now: now) ? 0 : time
    }

    /// Whether a lookup must reject an image built at `builtAt`. All values are in milliseconds; nil means no limit.
    package static func isTooOld(builtAt: Int64, maximum: Int64?, now: Int64) -> Bool {
        isExpired(builtAt: builtAt, maximum: maximum, now: now)
            || (maximum != nil && isAhead(builtAt: builtAt, now: now))
    }
}

/// Image metadata. The daemon and the registry report the same values.
package protocol ImageDescription {
    var labels: [String: String] { get }
    /// The build time, as a string in RFC 3339. Nil if there is none.
    var createdText: String? { get }
}

extension ImageConfiguration: ImageDescription {
    package var createdText: String? { created }
}
