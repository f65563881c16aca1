package import NIOHTTP1

/// Whether a request that got no answer is sent again, and after how long.
package enum RetryPolicy {
    /// What stood in the way.
    package enum Obstacle: Equatable {
        /// Nothing listens there, or the name is not known.
        case refused
        case timedOut
        /// The connection ended before the answer did.
        case broken
        /// An answer with this status. `retryAfter` is how long the server wants to be left alone.
        case status(Int, retryAfter: Duration?)
    }

    /// How often a request is sent that gets one of the answers that ask for patience.
    static let answeredTries = 6
    /// How often a request is sent that gets no answer. More would only make a build wait for a registry that is down.
    static let unansweredTries = 2

    /// How long to wait before the next try; nil to give up.
    ///
    /// - Parameters:
    ///   - tries: how often the request was sent, 1 and up
    ///   - remaining: what is left of the time for the whole operation
    ///   - jitter: 0 up to 1, so that agents which failed together do not come back together
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

    /// Reads `Retry-After`, in seconds or as a date. A date is measured against the answer's own `Date`: this machine's
    /// clock may be wrong.
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
