package import NIOHTTP1

/// Whether and when a failed request is sent again.
package enum RetryPolicy {
    /// The reason for a failure.
    package enum Obstacle: Equatable {
        /// Nothing listens there, or the name is unknown.
        case refused
        case timedOut
        /// The connection ended before the answer did.
        case broken
        /// An answer with this status. `retryAfter` is the wait that the server requests.
        case status(Int, retryAfter: Duration?)
    }

    /// The maximum number of tries if the server answers with a temporary failure.
    static let answeredTries = 6
    /// The maximum number of tries without an answer. More would only make a build wait for a registry that is down.
    static let unansweredTries = 2

    /// The wait before the next try; nil to give up.
    ///
    /// - Parameters:
    ///   - tries: the number of tries so far, at least 1
    ///   - remaining: the time left for the whole operation
    ///   - jitter: 0 up to 1, so that agents that failed together do not retry together
    package static func wait(after obstacle: Obstacle, tries: Int, remaining: Duration, jitter: Double) -> Duration? {
        var wait = Duration.milliseconds(250) * (1 << min(max(tries - 1, 0), 16)) * (0.5 + jitter / 2)
        switch obstacle {
        case .refused, .timedOut, .broken:
            guard tries < unansweredTries else { return nil }
        case .status(let status, let retryAfter):
            guard [429, 502, 503, 504].contains(status), tries < answeredTries else { return nil }
            wait = max(wait, retryAfter ?? .zero)
        }
        return wait < remaining ? wait : nil
    }

    /// Reads `Retry-After`, in seconds or as a date. A date is compared with the answer's own `Date`, because this
    /// machine's clock may be wrong.
    package static func retryAfter(_ headers: HTTPHeaders) -> Duration? {
        guard let value = headers.first(name: "Retry-After") else { return nil }
        if let seconds = Int64(value) {
            return .seconds(min(max(seconds, 0), 86_400))
        }
        guard let until = HTTPDate.seconds(value), let now = headers.first(name: "Date").flatMap(HTTPDate.seconds)
        else {
            return nil
        }
        return .seconds(min(max(until - now, 0), 86_400))
    }
}

/// Dates in HTTP's format: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
package enum HTTPDate {
    /// Seconds since 1970. Nil if `text` has another format; the two obsolete formats are not supported.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), let year = Int64(words[3]),
            let month = months.firstIndex(of: String(words[2])).map({ Int64($0 + 1) })
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(time[0]),
            (0...59).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        return days(year, month, day) * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Days since 1970. Years start in March here, so that a leap day is the last day of a year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let marchMonth = month > 2 ? month - 3 : month + 9
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return marchYear * 365 + leapDays + (marchMonth * 153 + 2) / 5 + day - 719_469
    }
}
