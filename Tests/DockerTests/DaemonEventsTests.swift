import Images
import Testing

@testable import Docker

/// Whether a name may have gone to another image and come back, by the daemon's events (tried with 20.10 and 28.5).
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

    @Test(arguments: cases.indices)
    func twoNamingsAreNeededToGoAndComeBack(position: Int) throws {
        let (_, events, expected) = Self.cases[position]
        let name = try RegistryReference("team/base:1")
        #expect(DockerClient.mayHaveMoved(name, events: events.joined(separator: "\n")) == expected)
    }
}
