import Host
import Lookup
import Store
import Telemetry

/// A lookup as spans: one for the lookup, and a child for each stage.
struct LookupSpans {
    /// The name of a lookup's span. The span of a stage appends the stage's name.
    static let name = "docker-cache"

    private let event: Event
    private let duration: Duration
    private let stages: [StageTime]
    private let job: JobAttributes

    /// - Parameter duration: the duration of the lookup, which ended at the event's time
    init(_ event: Event, duration: Duration, stages: [StageTime], job: JobAttributes) {
        self.event = event
        self.duration = duration
        self.stages = stages
        self.job = job
    }

    func request(
        in context: TraceContext,
        resource: [Attribute],
        using generator: inout some RandomNumberGenerator
    ) -> SpanRequest {
        let whole = Span(
            identifier: SpanIdentifier(using: &generator),
            parent: context.parent,
            name: Self.name,
            start: time(at: .zero),
            end: time(at: duration),
            attributes: attributes + job.attributes,
            failure: event.failure?.rawValue,
            hasRemoteParent: context.parent != nil
        )
        var spans = [whole]
        for stage in stages {
            spans.append(
                Span(
                    identifier: SpanIdentifier(using: &generator),
                    parent: whole.identifier,
                    name: "\(Self.name) \(stage.stage.rawValue)",
                    start: time(at: stage.began),
                    end: time(at: stage.ended),
                    attributes: [
                        Attribute("docker_cache.stage", .text(stage.stage.rawValue)),
                        Attribute("docker_cache.image", .text(event.image)),
                        Attribute("docker_cache.provider", .text(event.provider)),
                    ] + job.ofStages
                )
            )
        }
        return SpanRequest(
            resource: resource,
            scope: (ResourceAttributes.service, ProductVersion.current),
            context: context,
            spans: spans
        )
    }

    /// The attributes of the lookup. docs/telemetry.md has the same list.
    private var attributes: [Attribute] {
        [
            Attribute("docker_cache.outcome", event.outcome.rawValue),
            Attribute("docker_cache.hit", .flag(event.outcome.isHit)),
            Attribute("docker_cache.reason", event.reason?.rawValue),
            Attribute("docker_cache.failure", event.failure?.rawValue),
            Attribute("docker_cache.exit_status", .number(event.exitStatus)),
            Attribute("docker_cache.image", event.image),
            Attribute("docker_cache.provider", event.provider),
            Attribute("docker_cache.key", event.key),
            Attribute("docker_cache.bytes", event.imageBytes),
            Attribute("docker_cache.saved_ms", event.savedMilliseconds),
            Attribute("docker_cache.context_bytes_read", event.contextBytesRead),
        ].compactMap(\.self)
    }

    /// Nanoseconds since 1970, for a time since the lookup began. A clock from before 1970 is read as 1970.
    private func time(at offset: Duration) -> UInt64 {
        let (seconds, attoseconds) = (offset - duration).components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        let (end, isTooLate) = event.at.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLate, end > 0 else { return 0 }
        return UInt64(max(0, end + nanoseconds))
    }
}
