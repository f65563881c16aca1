import Host
import Logging
import Lookup
import Processes
import SystemPackage
import Telemetry

/// Sends the spans of a lookup to the destination in the job's environment. A failure does not affect the step.
struct LookupTelemetry {
    private let surroundings: Surroundings
    private let destination: SpanDestination
    private let context: TraceContext?
    private let sender: SpanSender?

    /// Begins to connect if there is a destination for spans.
    ///
    /// - Parameter isInBackground: whether no step waits for this process
    init(_ surroundings: Surroundings, isInBackground: Bool = false) {
        self.surroundings = surroundings
        let environment = surroundings.environment
        let destination = SpanDestination(environment: environment)
        let context = TraceContext(environment: environment)
        self.destination = destination
        self.context = context
        if case .server(let server) = destination, context?.isSampled != false {
            sender = SpanSender(
                to: server,
                environment: environment,
                version: ProductVersion.current,
                limit: isInBackground ? server.timeout : server.waitLimit
            )
        } else {
            sender = nil
        }
        sender?.prepare()
    }

    /// Sends the lookup if it has ended, with any outcome. Takes a second at most, and does nothing without a
    /// destination.
    ///
    /// - Parameters:
    ///   - memory: keeps the failure of a report that was left to another process
    ///   - mayLeave: whether a report that takes more than one round trip may be left to another process
    func report(_ trace: LookupTrace, remembering memory: IndexMemory, mayLeave: Bool) async {
        guard let (event, after) = trace.ending else { return }
        let log = surroundings.log
        if case .unusable(let problem) = destination { log.notice("The lookup is not reported. \(problem)") }
        guard let sender else { return }
        if let failure = memory.answer(to: Self.lastFailure) {
            log.notice("An earlier lookup was not reported. \(failure)")
            memory.remember(failure, to: Self.lastFailure, endsAt: surroundings.now())
        }
        for notice in IgnoredVariables.notices(surroundings.environment) { log.notice("\(notice)") }
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
        if mayLeave, !sender.isReady, leave(request.bytes, memory.sharedPath) { return }
        if let failure = await failure(of: request.bytes, sender) {
            log.notice("The lookup is not reported. \(failure)")
        }
    }

    /// Sends the message of an earlier process. A failure is logged by the next lookup.
    func report(_ message: [UInt8], remembering memory: IndexMemory) async {
        guard let sender, let failure = await failure(of: message, sender) else { return }
        memory.remember(failure, to: Self.lastFailure, endsAt: surroundings.now() + Self.failureLifetime)
    }

    /// The question in the index that has the failure of an earlier report as its answer.
    private static let lastFailure = "telemetry failure"
    /// In milliseconds.
    private static let failureLifetime: Int64 = 7 * 24 * 60 * 60 * 1000

    /// Sends the message. Returns the reason if the server did not take it.
    private func failure(of message: [UInt8], _ sender: SpanSender) async -> String? {
        do throws(SpanSendingError) {
            try await sender.send(message)
            return nil
        } catch {
            return "\(error)" + (error.mayBeForGRPC && sender.server.mayTakeGRPC ? " \(sender.server.advice)" : "")
        }
    }

    /// Starts a process that sends the message. Returns false if it could not be started.
    private func leave(_ message: [UInt8], _ index: FilePath?) -> Bool {
        guard let executable = Surroundings.executable else { return false }
        do throws(Errno) {
            try BackgroundProcess.start(
                executable,
                arguments: ["hook", "report"] + (index.map { ["--index", $0.string] } ?? []),
                environment: surroundings.environment,
                input: message
            )
            return true
        } catch {
            surroundings.log.debug("The report is not left to another process: \(error)")
            return false
        }
    }
}
