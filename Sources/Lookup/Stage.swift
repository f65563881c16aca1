import Formatting

/// The stages of a lookup whose times are recorded.
package enum Stage: String, CaseIterable {
    case fingerprint
    case lookup
    case wait
    case pull
    case build
    case save
}

/// How long each stage took. One stopwatch, shared by all the steps of a lookup.
package final class StageTimes {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var durations: [Stage: Duration] = [:]

    package init() {
        start = clock.now
    }

    /// Runs `body` and adds its time to that of `stage`, also if it throws.
    func measure<Result, Failure: Error>(
        _ stage: Stage,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let began = clock.now
        do {
            let result = try await body()
            durations[stage, default: .zero] += clock.now - began
            return result
        } catch {
            durations[stage, default: .zero] += clock.now - began
            throw error
        }
    }

    /// In milliseconds; nil for a stage that did not run.
    package func milliseconds(_ stage: Stage) -> Int64? {
        durations[stage]?.wholeMilliseconds
    }

    /// In milliseconds, since the lookup began.
    package var total: Int64 { (clock.now - start).wholeMilliseconds }
}
