import Images
import Testing

@testable import Docker

/// Whether, by the daemon's events, a name may have been moved to another image and back (tried with 20.10 and 28.5).
@Suite struct DaemonEventsTests {
    private static let one = "sha256:\(String(repeating: "1", count: 64))"
    private static let other = "sha256:\(String(repeating: "2", count: 64))"

    private static let cases: [(what: String, events: [String], expected: Bool)] = [
        ("nothing", [], false),
        ("another name of the image", ["image tag \(one) copy:1", "image tag \(one) team/base:2"], false),
        ("there and back", ["image tag \(other) team/base:1", "image tag \(one) team/base:1"], true),
        ("by a pull, and back", ["image pull team/base:1 team/base", "image tag \(one) team/base:1"], true),
        ("the same once more", ["image tag \(one) team/base:1"], false),
        ("the name in full", Array(repeating: "image tag \(one) docker.io/team/base:1", count: 2), true),
        ("from an archive", Array(repeating: "image load \(one) \(one)", count: 2), true),
        ("something else", Array(repeating: "container start \(one) team/base:1", count: 2), false),
        ("an untag", Array(repeating: "image untag \(one) team/base:1", count: 2), false),
        ("more than the daemon remembers", Array(repeating: "container start \(one) x", count: 200), true),
    ]

    @Test(
        arguments: [
            ("2026-11-27T09:02:24.298624362Z", 1_795_770_144_298), ("2026-11-27T09:02:24Z", 1_795_770_144_000),
            ("2026-11-27T10:02:24.5+01:00", 1_795_770_144_500), ("soon", nil),
        ] as [(String, Int64?)]
    )
    func theDaemonsClockIsReadWithItsFraction(text: String, expected: Int64?) {
        #expect(DockerClient.milliseconds(text) == expected)
    }

    @Test func aTimeIsToldWithItsFraction() { #expect(DockerClient.seconds(1_795_770_144_007) == "1795770144.007") }

    @Test(arguments: cases.indices)
    func twoNamingsAreNeededToGoAndComeBack(position: Int) throws {
        let (_, events, expected) = Self.cases[position]
        let name = try RegistryReference("team/base:1")
        #expect(DockerClient.mayHaveMoved(name, events: events.joined(separator: "\n")) == expected)
    }
}
