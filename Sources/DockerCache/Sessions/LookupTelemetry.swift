import Host
import Logging
import Lookup
import Telemetry

/// Sends what happened to a lookup to where the job's environment says that spans go. Whatever comes of that, the step
/// goes on.
final class LookupTelemetry {
    private let surroundings: Surroundings
    /// Of the lookup, as soon as there is one.
    var trace: LookupTrace?

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
    }

    /// Sends the lookup if it has ended, however it did. It takes a second at most, and costs nothing where spans go nowhere.
    func report() async {
        guard let trace, let (event, after) = trace.ending else { return }
        switch SpanDestination(environment: surroundings.environment) {
        case .off:
            return
        case .unusable(let problem):
            surroundings.log.notice("The lookup is not reported. \(problem)")
        case .server(let server):
            var generator = SystemRandomNumberGenerator()
            let environment = surroundings.environment
            let context = TraceContext(environment: environment) ?? TraceContext(using: &generator)
            guard context.isSampled else { return }
            let request = LookupSpans(
                event,
                duration: after,
                stages: trace.stages,
                job: JobAttributes(environment: environment)
            ).request(
                in: context,
                resource: ResourceAttributes.read(environment, version: ProductVersion.current),
                using: &generator
            )
            let sender = SpanSender(to: server, environment: environment, version: ProductVersion.current)
            do throws(SpanSendingError) {
                try await sender.send(request.bytes)
            } catch {
                surroundings.log.notice("The lookup is not reported. \(error)")
            }
        }
    }
}
