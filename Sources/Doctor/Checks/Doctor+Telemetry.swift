import Host
import Telemetry

extension Doctor {
    /// Checks where spans of lookups go, and whether they are accepted there, with a request without spans.
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
                    version: ProductVersion.current,
                    limit: server.waitLimit
                )
                do throws(SpanSendingError) {
                    try await sender.send([])
                } catch {
                    return .warning(
                        "\(error)",
                        advice: "Lookups are not reported, and each step waits up to a second. \(server.advice)"
                    )
                }
                let ignored = IgnoredVariables.notices(surroundings.environment)
                guard ignored.isEmpty else {
                    return .warning(ignored.joined(separator: " "), advice: "Correct it, or unset it.")
                }
                return .ok("\(sender.place) takes spans")
            }
        }
    }
}
