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

/// The stages of a lookup whose times are recorded.
package enum Stage: String, CaseIterable, Sendable {
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
    /// The stages in the order in which they ended: one can run more than once.
    package private(set) var stages: [StageTime] = []
    /// What was recorded of the lookup, and how long after its beginning; nil as long as it runs.
    package private(set) var ending: (event: Event, after: Duration)?
    /// The key that is looked for, once it is known.
    var computed: ComputedKey?
    /// Why it has been no hit so far; nil while it may be one.
    var reason: Reason?
    /// Called as a stage begins.
    var onStage: ((Stage) -> Void)?

    package init() {
        start = clock.now
    }

    /// Runs `body` and adds its time to that of `stage`, also if it throws.
    func measure<Result, Failure: Error>(
        _ stage: Stage,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let began = clock.now
        onStage?(stage)
        defer { stages.append(StageTime(stage: stage, began: began - start, ended: clock.now - start)) }
        return try await body()
    }

    /// In milliseconds; nil for a stage that did not run.
    package func milliseconds(_ stage: Stage) -> Int64? {
        let times = stages.filter { $0.stage == stage }
        return times.isEmpty ? nil : times.reduce(.zero) { $0 + ($1.ended - $1.began) }.wholeMilliseconds
    }

    /// In milliseconds, since the lookup began.
    package var total: Int64 { (clock.now - start).wholeMilliseconds }

    /// Notes that the lookup has ended so.
    func end(with event: Event) { ending = (event, clock.now - start) }
}

/// When a stage ran, since the lookup began.
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
    /// Records a lookup that has its image.
    func record(_ result: LookupResult) {
        var event = event(result.outcome, result.reason, failure: nil, status: ExitStatus.done)
        event.imageBytes = result.imageBytes
        if result.isHit, let build = result.buildMilliseconds {
            event.savedMilliseconds = max(0, build - trace.total)
        }
        record(event)
    }

    /// Records a lookup that failed.
    func record(_ error: any Error) {
        let reason = trace.reason
        let event = event(
            reason?.outcome ?? .miss,
            reason,
            failure: Self.failure(error),
            status: CancellationSignal.exitStatus ?? ExitStatus.of(error)
        )
        record(event)
    }

    private func record(_ event: Event) {
        index.attempt { try $0.events.record(event) }
        trace.end(with: event)
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case _ where CancellationSignal.exitStatus != nil: .cancelled
        case is BuildFailure: .buildFailed
        case DockerError.clientMissing: .dockerMissing
        case DockerError.daemonUnreachable: .daemonUnreachable
        case is InputError: .inputsUnreadable
        default: .failed
        }
    }

    /// What the index knows of how long the image takes to build.
    func usualBuildMilliseconds() -> Int64? {
        index.attempt { try $0.events.usualBuildMilliseconds(image: cache.image.description) } ?? nil
    }

    private func event(_ outcome: Outcome, _ reason: Reason?, failure: Failure?, status: Int32) -> Event {
        Event(
            at: surroundings.now(),
            key: trace.computed?.key.description,
            image: cache.image.description,
            provider: cache.place.providerName,
            outcome: outcome,
            reason: reason,
            failure: failure,
            exitStatus: Int64(status),
            pipeline: job.pipeline,
            branch: job.branch,
            build: job.build,
            job: job.job,
            step: job.step,
            milliseconds: StageMilliseconds(
                fingerprint: trace.milliseconds(.fingerprint),
                lookup: trace.milliseconds(.lookup),
                wait: trace.milliseconds(.wait),
                pull: trace.milliseconds(.pull),
                build: trace.milliseconds(.build),
                save: trace.milliseconds(.save),
                total: trace.total
            ),
            contextBytesRead: trace.computed?.context.map { Int64($0.statistics.bytesRead) }
        )
    }
}
