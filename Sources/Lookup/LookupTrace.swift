import Formatting
import Inputs
import Store

/// The stages of a lookup whose times are recorded.
package enum Stage: String, CaseIterable {
    case fingerprint
    case lookup
    case wait
    case pull
    case build
    case save
}

/// What a lookup leaves behind for its event: how long each stage took, and how far it had come. The lookup writes it,
/// and never asks it what to do.
package final class LookupTrace {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var durations: [Stage: Duration] = [:]
    /// The key that is looked for, once it is known.
    var computed: ComputedKey?
    /// Why it has been no hit so far; nil while it may be one.
    var reason: Reason?

    package init() {
        start = clock.now
    }

    /// Runs `body` and adds its time to that of `stage`, also if it throws.
    func measure<Result, Failure: Error>(
        _ stage: Stage,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let began = clock.now
        defer { durations[stage, default: .zero] += clock.now - began }
        return try await body()
    }

    /// In milliseconds; nil for a stage that did not run.
    package func milliseconds(_ stage: Stage) -> Int64? {
        durations[stage]?.wholeMilliseconds
    }

    /// In milliseconds, since the lookup began.
    package var total: Int64 { (clock.now - start).wholeMilliseconds }
}
