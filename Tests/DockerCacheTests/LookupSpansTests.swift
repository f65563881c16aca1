import FoundationEssentials
import Lookup
import Store
import Telemetry
import TestSupport
import Testing

@testable import DockerCache

/// The spans of a lookup, and their description in docs/telemetry.md.
@Suite struct LookupSpansTests {
    private static let job = [
        "BUILDKITE_ORGANIZATION_SLUG": "acme", "BUILDKITE_PIPELINE_SLUG": "shop", "BUILDKITE_BRANCH": "main",
        "BUILDKITE_AGENT_META_DATA_QUEUE": "linux", "BUILDKITE_AGENT_NAME": "agent-1", "BUILDKITE_AGENT_ID": "a",
        "BUILDKITE_BUILD_ID": "b", "BUILDKITE_BUILD_NUMBER": "7", "BUILDKITE_JOB_ID": "j", "BUILDKITE_LABEL": "Test",
        "BUILDKITE_STEP_KEY": "test",
    ]

    /// An event with all fields set.
    private static let event = Event(
        at: 1_800_000_000_000,
        key: String(repeating: "a", count: 40),
        image: "app",
        provider: "ecr",
        outcome: .miss,
        reason: .newKey,
        failure: .buildFailed,
        exitStatus: 7,
        savedMilliseconds: 3,
        contextBytesRead: 2,
        imageBytes: 1
    )

    private static func request(
        _ event: Event = event,
        stages: [StageTime] = [],
        environment: [String: String] = job
    ) -> SpanRequest {
        var generator = SeededGenerator(seed: 1)
        let context = TraceContext(environment: environment) ?? TraceContext(using: &generator)
        return LookupSpans(
            event,
            duration: .milliseconds(1500),
            stages: stages,
            job: JobAttributes(environment: environment)
        ).request(in: context, resource: [], using: &generator)
    }

    @Test func theDocumentationNamesEveryAttributeAndItsType() throws {
        let file = OptionTableTests.root.appending(path: "docs/telemetry.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let rows = text.matches(of: /(?m)^\| `([a-z_.]+)` \| (string|bool|int) \|/).map { match in
            "\(match.output.1) \(match.output.2)"
        }
        let stage = StageTime(stage: .build, began: .zero, ended: .seconds(1))
        let sent = Self.request(stages: [stage]).spans.flatMap(\.attributes).map { attribute in
            switch attribute.value {
            case .text: "\(attribute.name) string"
            case .flag: "\(attribute.name) bool"
            case .number: "\(attribute.name) int"
            }
        }
        #expect(rows.sorted() == Set(sent).sorted())
    }

    @Test func timesAreThoseOfTheLookupAndItsStages() throws {
        let stages = [
            StageTime(stage: .fingerprint, began: .zero, ended: .milliseconds(100)),
            StageTime(stage: .build, began: .milliseconds(200), ended: .microseconds(1_400_500)),
        ]
        let spans = Self.request(stages: stages).spans
        let start: UInt64 = 1_799_999_998_500_000_000
        #expect(spans.map(\.name) == ["docker-cache", "docker-cache fingerprint", "docker-cache build"])
        #expect(spans.map { $0.start - start } == [0, 0, 200_000_000])
        #expect(spans.map { $0.end - start } == [1_500_000_000, 100_000_000, 1_400_500_000])
        #expect(spans.map(\.parent) == [nil, spans[0].identifier, spans[0].identifier])
        #expect(spans.map(\.failure) == ["build-failed", nil, nil])
    }

    @Test func whatIsNotKnownIsLeftOut() {
        let event = Event(at: 1, image: "app", provider: "local", outcome: .localHit)
        let names = Self.request(event, environment: [:]).spans[0].attributes.map(\.name)
        #expect(
            names == [
                "docker_cache.outcome", "docker_cache.hit", "docker_cache.exit_status", "docker_cache.image",
                "docker_cache.provider",
            ]
        )
    }

    @Test func aClockThatIsWrongIsNoReasonToFail() {
        for time in [Int64.min, -1, 0, 1, Int64.max] {
            var event = Self.event
            event.at = time
            let span = Self.request(event).spans[0]
            #expect(span.start <= span.end)
        }
    }
}
