import ArgumentParser
import Buildkite
import Doctor
@testable import Host
import Images
import Options
import PluginConfiguration
import SystemPackage
import Testing

@testable import DockerCache

/// What `docker-cache doctor` checks.
@Suite struct DoctorCommandTests {
    private static func subject(_ arguments: [String], _ environment: [String: String]) throws -> Doctor.Subject? {
        let surroundings = Surroundings(
            environment: environment,
            home: nil,
            workingDirectory: "/",
            now: { 0 },
            output: LogOutput(to: .standardError, isInBuildkite: false),
            log: Surroundings.current(logTo: .standardError, verbose: false).log
        )
        return try DoctorCommand.parse(arguments).subject(surroundings)
    }

    /// The environment of a step after the plugin's hooks.
    private static let exported = Dictionary(
        uniqueKeysWithValues: Exports.names.map { (PluginOptions.prefix + $0, "true") }
    )

    @Test func withoutOptionsTheMachineAloneIsLookedAt() throws {
        #expect(try Self.subject([], [:]) == nil)
        #expect(try Self.subject(["--index", "/i"], Self.exported) == nil)
    }

    @Test func inAJobItIsThePluginsOptionsThatCount() throws {
        let job = ["BUILDKITE_PLUGIN_DOCKER_CACHE_IMAGE": "app", "BUILDKITE_PLUGIN_DOCKER_CACHE_PROVIDER": "local"]
        guard case .configured(let cache, _)? = try Self.subject([], job) else {
            Issue.record("not configured")
            return
        }
        #expect(cache.image.description == "app")
        guard case .configured(let other, _)? = try Self.subject(["--image", "b", "--provider", "local"], job) else {
            Issue.record("not configured")
            return
        }
        #expect(other.image.description == "b")
    }

    @Test func inACommandOfTheStepItIsTheListOfPlugins() throws {
        let list = #"[{"github.com/acme/docker-cache-buildkite-plugin#v0.1.0": {"image": "app", "provider": "local"}}]"#
        let job = Self.exported.merging(["BUILDKITE_PLUGINS": list]) { $1 }
        guard case .configured(let cache, _)? = try Self.subject([], job) else {
            Issue.record("not configured")
            return
        }
        #expect(cache.image.description == "app")
    }

    @Test func whatIsWrongInAPipelineIsAFindingAndOnTheCommandLineAnError() throws {
        guard case .misconfigured(let error)? = try Self.subject([], ["BUILDKITE_PLUGIN_DOCKER_CACHE_IMGE": "app"])
        else {
            Issue.record("not misconfigured")
            return
        }
        #expect("\(error)" == "There is no option imge. Did you mean image?")
        #expect(throws: OptionError.self) { try Self.subject(["--provider", "local"], [:]) }
        #expect(throws: OptionError.self) {
            try Self.subject(["--image", "a", "--provider", "local", "--context", "/nowhere/at/all"], [:])
        }
    }
}
