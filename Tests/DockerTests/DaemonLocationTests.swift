import Docker
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@Suite struct DaemonLocationTests {
    /// Writes Docker's configuration directory, with one context.
    static func write(_ directory: FilePath, current: String?, context: String, host: String) throws {
        if let current {
            try Data(#"{"auths":{},"currentContext":"\#(current)"}"#.utf8)
                .write(to: URL(filePath: directory.appending("config.json").string))
        }
        let place = directory.appending("contexts").appending("meta").appending("abc")
        try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
        let text = #"{"Name":"\#(context)","Metadata":{},"Endpoints":{"docker":{"Host":"\#(host)"}}}"#
        try Data(text.utf8).write(to: URL(filePath: place.appending("meta.json").string))
    }

    @Test(arguments: [
        ("unix:///var/run/docker.sock", DaemonLocation.thisMachine),
        ("tcp://10.0.0.1:2376", .elsewhere("tcp://10.0.0.1:2376")),
        ("ssh://user@host", .elsewhere("ssh://user@host")),
    ])
    func dockerHostDecides(host: String, expected: DaemonLocation) {
        #expect(DaemonLocation(environment: ["DOCKER_HOST": host], home: nil) == expected)
    }

    @Test(
        arguments: [
            (nil, [:], .thisMachine),
            ("default", [:], .thisMachine),
            ("remote", [:], .elsewhere("ssh://host")),
            ("remote", ["DOCKER_CONTEXT": "default"], .thisMachine),
            (nil, ["DOCKER_CONTEXT": "remote"], .elsewhere("ssh://host")),
            ("remote", ["DOCKER_HOST": "unix:///x"], .thisMachine),
            ("unknown", [:], .elsewhere("context unknown")),
        ] as [(String?, [String: String], DaemonLocation)]
    )
    func theContextOfDockersConfigurationDecides(
        current: String?,
        environment: [String: String],
        expected: DaemonLocation
    ) throws {
        try withTemporaryDirectory { home in
            let directory = home.appending(".docker")
            try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
            try Self.write(directory, current: current, context: "remote", host: "ssh://host")
            #expect(DaemonLocation(environment: environment, home: home) == expected)
            let configured = environment.merging(["DOCKER_CONFIG": directory.string]) { old, _ in old }
            #expect(DaemonLocation(environment: configured, home: nil) == expected)
        }
    }

    @Test func withoutAnyConfigurationItIsThisMachine() {
        #expect(DaemonLocation(environment: [:], home: nil) == .thisMachine)
    }
}
