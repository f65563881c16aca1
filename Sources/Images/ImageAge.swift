import Formatting

/// When images were built, and whether they are too old.
package enum ImageAge {
    /// What the names of all our labels begin with.
    package static let labelPrefix = "io.docker-cache."
    /// The label that says when an image was built, in RFC 3339.
    package static let builtAtLabel = "io.docker-cache.built-at"
    /// The label that says which image it is.
    package static let imageLabel = "io.docker-cache.image"
    /// The label that says which key an image was built for.
    package static let keyLabel = "io.docker-cache.key"

    /// Times up to here (1980, where the ZIP format begins) are those of reproducible builds, and say nothing.
    private static let earliestMeaningful: Int64 = 315_532_800_000

    /// When the image was built, in milliseconds since 1970: its label, else its configuration's `created`. Nil if
    /// neither says.
    package static func builtAt(_ image: some ImageDescription) -> Int64? {
        if let label = image.labels[builtAtLabel], let time = Timestamp.milliseconds(label) { return time }
        guard let created = image.createdText.flatMap(Timestamp.milliseconds), created > earliestMeaningful else {
            return nil
        }
        return created
    }

    /// Whether an image built at `builtAt` has reached the age `maximum`; all in milliseconds, nil for no limit.
    ///
    /// A limit of 0 is reached at once, also by an image from a clock that is ahead of ours.
    package static func isExpired(builtAt: Int64, maximum: Int64?, now: Int64) -> Bool {
        guard let maximum else { return false }
        return max(0, now - builtAt) >= maximum
    }

    /// Clocks of agents differ by less, in milliseconds.
    private static let largestDrift: Int64 = 86_400_000

    /// Whether the image's time lies so far ahead of ours that one of the two clocks was wrong. Its age is not known
    /// then: where there is a limit, a lookup takes it for expired, or it would be a hit for as long as it is ahead.
    package static func isAhead(builtAt: Int64, now: Int64) -> Bool { builtAt - now > largestDrift }

    /// A time at which something was used: one that lies so far ahead says nothing, and counts as long ago. Else what
    /// was used while a clock was ahead would never be unused.
    ///
    /// - Parameters:
    ///   - time: milliseconds since 1970
    ///   - now: milliseconds since 1970
    package static func credible(_ time: Int64, now: Int64) -> Int64 {
        isAhead(builtAt: time, now: now) ? 0 : time
    }

    /// Whether a lookup must not take an image built at `builtAt`; all in milliseconds, nil for no limit.
    package static func isTooOld(builtAt: Int64, maximum: Int64?, now: Int64) -> Bool {
        isExpired(builtAt: builtAt, maximum: maximum, now: now)
            || (maximum != nil && isAhead(builtAt: builtAt, now: now))
    }
}

/// What an image says of itself, wherever it was asked: the daemon and the registry tell the same.
package protocol ImageDescription {
    var labels: [String: String] { get }
    /// When it was built, as text in RFC 3339; nil if it does not say.
    var createdText: String? { get }
}

extension ImageConfiguration: ImageDescription {
    package var createdText: String? { created }
}
