import Buildkite
import Docker
import Fingerprint
import Formatting
import Host
import Images
import Inputs
import Options
import PluginConfiguration
package import Store

/// The stages of a lookup. Their times are recorded.
package enum Stage: String, CaseIterable, Sendable {
    case fingerprint
    case lookup
    case wait
    case pull
    case build
    case save
}

/// The data of a lookup for its event: the time of each stage, and the progress so far. The lookup only writes it, and
/// bases no decision on it.
package final class LookupTrace {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    /// The stages in the order in which they ended. A stage can run more than once.
    package private(set) var stages: [StageTime] = []
    /// The recorded event, and when it was recorded, relative to the start of the lookup; nil while the lookup runs.
    package private(set) var ending: (event: Event, after: Duration)?
    /// The key that is looked for, once it is known.
    var computed: ComputedKey?
    /// The reason why it is not a hit so far; nil while it may be one.
    var reason: Reason?
    /// Called as a stage begins.
    var onStage: ((Stage) -> Void)?

    package init() {
        start = clock.now
    }

    /// Runs `body` and adds its time to that of `stage`, even if it throws.
    func measure<Result, Failure: Error>(
        _ stage: Stage,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let began = clock.now
        onStage?(stage)
        defer { stages.append(StageTime(stage: stage, began: began - start, ended: clock.now - start)) }
        return try await body()
    }

    /// The total time of a stage, in milliseconds; nil if it did not run.
    package func milliseconds(_ stage: Stage) -> Int64? {
        let times = stages.filter { $0.stage == stage }
        return times.isEmpty ? nil : times.reduce(.zero) { $0 + ($1.ended - $1.began) }.wholeMilliseconds
    }

    /// The time since the lookup began, in milliseconds.
    package var total: Int64 { (clock.now - start).wholeMilliseconds }

    /// Records the event with which the lookup ended.
    func end(with event: Event) { ending = (event, clock.now - start) }
}

/// When a stage ran, relative to the start of the lookup.
package struct StageTime: Equatable, Sendable {
    package let stage: Stage
    package let began: Duration
    package let ended: Duration

    package init(stage: Stage, began: Duration, ended: Duration) {
        self.stage = stage
        self.began = began
        self.ended = ended
    }
}

extension Lookup {
    /// The image's usual build time, according to the index.
    func usualBuildMilliseconds() -> Int64? {
        index.attempt { try $0.events.usualBuildMilliseconds(image: cache.image.description) } ?? nil
    }
}
