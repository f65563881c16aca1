import Host
import Logging
import Lookup
import Telemetry

/// Sends the spans of a lookup to the destination in the job's environment. A failure does not affect the step.
final class LookupTelemetry {
    /// The trace of the lookup, once there is one.
    var trace: LookupTrace?
    private let surroundings: Surroundings
    private let destination: SpanDestination
    private let context: TraceContext?
    private let sender: SpanSender?

    /// Begins to connect if there is a destination for spans.
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

    /// Sends the lookup if it has ended, with any outcome. Takes a second at most, and does nothing without a
    /// destination.
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
            let advice = !error.isAnswer && sender.server.mayTakeGRPC ? " \(sender.server.advice)" : ""
            surroundings.log.notice("The lookup is not reported. \(error)\(advice)")
        }
        if let notice = ResourceAttributes.notice(surroundings.environment) { surroundings.log.notice("\(notice)") }
    }
}
