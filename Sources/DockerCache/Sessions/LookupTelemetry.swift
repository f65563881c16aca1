import Host
import Logging
import Lookup
import Telemetry

/// Sends what happened to a lookup to where the job's environment says that spans go. Whatever comes of that, the step
/// goes on.
final class LookupTelemetry {
    /// Of the lookup, as soon as there is one.
    var trace: LookupTrace?
    private let surroundings: Surroundings
    private let destination: SpanDestination
    private let context: TraceContext?
    private let sender: SpanSender?

    /// Where spans go somewhere, begins to connect.
    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        let environment = surroundings.environment
        let destination = SpanDestination(environment: environment)
        let context = TraceContext(environment: environment)
        self.destination = destination
        self.context = context
        if case .server(let server) = destination, context?.isSampled != false {
            sender = SpanSender(to: server, environment: environment, version: ProductVersion.current)
        } else {
            sender = nil
        }
        sender?.prepare()
    }

    /// Sends the lookup if it has ended, however it did. It takes a second at most, and costs nothing where spans go
    /// nowhere.
    func report() async {
        guard let trace, let (event, after) = trace.ending else { return }
        if case .unusable(let problem) = destination {
            surroundings.log.notice("The lookup is not reported. \(problem)")
        }
        guard let sender else { return }
        var generator = SystemRandomNumberGenerator()
        let request = LookupSpans(
            event,
            duration: after,
            stages: trace.stages,
            job: JobAttributes(environment: surroundings.environment)
        ).request(
            in: context ?? TraceContext(using: &generator),
            resource: ResourceAttributes.read(surroundings.environment, version: ProductVersion.current),
            using: &generator
        )
        do throws(SpanSendingError) {
            try await sender.send(request.bytes)
        } catch {
            surroundings.log.notice("The lookup is not reported. \(error)")
        }
    }
}
