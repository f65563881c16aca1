import Host
import Telemetry

extension Doctor {
    /// Where spans of lookups go, and whether they are taken there: it is asked with a message that has none.
    var telemetryCheck: DoctorCheck {
        DoctorCheck(.telemetry) {
            switch SpanDestination(environment: surroundings.environment) {
            case .off:
                return .skipped("no variable names a server for spans, or they are switched off")
            case .unusable(let problem):
                return .warning(problem.what, advice: problem.advice)
            case .server(let server):
                let sender = SpanSender(
                    to: server,
                    environment: surroundings.environment,
                    version: ProductVersion.current
                )
                do throws(SpanSendingError) {
                    try await sender.send([])
                } catch {
                    return .warning(
                        "\(error)",
                        advice: "Lookups are not reported, and steps wait up to a second for it. Correct "
                            + "OTEL_EXPORTER_OTLP_ENDPOINT, or set OTEL_SDK_DISABLED=true."
                    )
                }
                return .ok("\(sender.place) takes spans")
            }
        }
    }
}
