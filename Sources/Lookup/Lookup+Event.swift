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
    package func record(_ result: LookupResult) {
        var event = event(failure: nil, status: ExitStatus.done)
        event.imageBytes = result.imageBytes
        if result.isHit, let build = result.buildMilliseconds {
            event.savedMilliseconds = max(0, build - times.total)
        }
        index.attempt { try $0.events.record(event) }
    }

    /// Records a lookup that failed.
    package func record(_ error: any Error) {
        let failure =
            switch error {
            case _ where CancellationSignal.exitStatus != nil: "cancelled"
            case is BuildFailure: "build-failed"
            case DockerError.clientMissing: "docker-missing"
            case DockerError.daemonUnreachable: "daemon-unreachable"
            case is InputError: "inputs-unreadable"
            default: "failed"
            }
        let event = event(failure: failure, status: CancellationSignal.exitStatus ?? ExitStatus.of(error))
        index.attempt { try $0.events.record(event) }
    }

    private func event(failure: String?, status: Int32) -> Event {
        Event(
            at: surroundings.now(),
            key: fingerprint?.key.description,
            image: cache.image.description,
            provider: cache.providerName,
            outcome: outcome,
            reason: reason?.rawValue,
            failure: failure,
            exitStatus: Int64(status),
            pipeline: job.pipeline,
            branch: job.branch,
            build: job.build,
            job: job.job,
            step: job.step,
            milliseconds: StageMilliseconds(
                fingerprint: times.milliseconds(.fingerprint),
                lookup: times.milliseconds(.lookup),
                wait: times.milliseconds(.wait),
                pull: times.milliseconds(.pull),
                build: times.milliseconds(.build),
                save: times.milliseconds(.save),
                total: times.total
            ),
            contextBytesRead: fingerprint?.context.map { Int64($0.statistics.bytesRead) }
        )
    }
}
