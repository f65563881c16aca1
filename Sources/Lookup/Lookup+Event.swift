import Fingerprint
import Host
import Images
import Buildkite
import Docker
import Inputs
import Options
import PluginConfiguration
import Store

extension Lookup {
    /// Records a lookup that has its image.
    func record(_ result: LookupResult) {
        var event = event(result.outcome, result.reason, failure: nil, status: ExitStatus.done)
        event.imageBytes = result.imageBytes
        if result.isHit, let build = result.buildMilliseconds {
            event.savedMilliseconds = max(0, build - trace.total)
        }
        index.attempt { try $0.events.record(event) }
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
        index.attempt { try $0.events.record(event) }
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
            provider: cache.providerName,
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
