package import Buildkite
import Docker
import Fingerprint
import Formatting
package import Host
import Images
package import PluginConfiguration
import Inputs
import Options
import Store

/// Records how a lookup ended: in its trace, and in the index.
package struct LookupRecorder {
    package let trace: LookupTrace
    private let cache: CacheConfiguration
    private let job: JobVariables
    private let index: LookupIndex
    private let surroundings: Surroundings

    package init(
        _ trace: LookupTrace,
        _ cache: CacheConfiguration,
        job: JobVariables,
        index: LookupIndex,
        _ surroundings: Surroundings
    ) {
        self.trace = trace
        self.cache = cache
        self.job = job
        self.index = index
        self.surroundings = surroundings
    }

    /// Records a lookup that succeeded.
    package func record(_ result: LookupResult) {
        var event = event(result.outcome, result.reason)
        event.imageBytes = result.imageBytes
        if result.isHit, let build = result.buildMilliseconds {
            event.savedMilliseconds = max(0, build - trace.total)
        }
        // Ends the trace first, because recording in the index may have to wait.
        trace.end(with: event)
        index.attempt { try $0.events.record(event) }
    }

    /// Records that the step has no image. If the lookup itself succeeded, its event gets the failure. A wrong
    /// configuration is not a lookup.
    package func record(_ error: any Error) {
        let earlier = trace.ending?.event
        guard earlier?.failure == nil, !(error is OptionError) else { return }
        let reason = trace.reason
        var event = earlier ?? event(reason?.outcome ?? .miss, reason)
        event.failure = Self.failure(error)
        event.exitStatus = Int64(CancellationSignal.exitStatus ?? ExitStatus.of(error))
        trace.end(with: event)
        index.attempt { index in
            guard earlier == nil else { return try index.events.recordFailure(event) }
            try index.events.record(event)
        }
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

    private func event(_ outcome: Outcome, _ reason: Reason?) -> Event {
        Event(
            at: surroundings.now(),
            key: trace.computed?.key.description,
            image: cache.image.description,
            provider: cache.place.providerName,
            outcome: outcome,
            reason: reason,
            failure: nil,
            exitStatus: Int64(ExitStatus.done),
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
