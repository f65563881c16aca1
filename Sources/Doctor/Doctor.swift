import Buildkite
import Docker
package import Host
import Images
package import Options
package import PluginConfiguration
import Providers
import Registry
import Store
package import SystemPackage

/// Checks everything that the plugin needs, and makes repairs if told to.
///
/// A failed check does not stop the ones after it. Pure functions in `Findings/` judge the results; the code here makes
/// the queries.
package struct Doctor {
    package let surroundings: Surroundings
    /// Nil if nothing determines where the index is.
    package let indexPath: FilePath?
    /// The image's configuration, from a pipeline or the command line; nil if neither has one.
    package let subject: Subject?
    /// Whether to make repairs.
    package let isFixing: Bool

    package init(surroundings: Surroundings, indexPath: FilePath?, subject: Subject?, isFixing: Bool) {
        self.surroundings = surroundings
        self.indexPath = indexPath
        self.subject = subject
        self.isFixing = isFixing
    }

    /// The configuration to check.
    package enum Subject {
        case configured(CacheConfiguration, InputConfiguration)
        /// The configuration is invalid, for this reason.
        case misconfigured(OptionError)
    }

    /// Runs all checks, and reports each as soon as it is done.
    package func run(_ tell: (Examination) throws -> Void) async throws {
        for check in dockerChecks + indexChecks + [leftoversCheck, pluginCheck, telemetryCheck] {
            try tell(await carryOut(check))
        }
        switch subject {
        case nil:
            break
        case .misconfigured(let error):
            try tell(await carryOut(DoctorCheck(.configuration) { .problem(error) }))
        case .configured(let cache, let inputs):
            try tell(await carryOut(DoctorCheck(.configuration) { .ok("the image \(cache.image)") }))
            try tell(await carryOut(builderOptionsCheck(cache, inputs)))
            try await runProviderChecks(cache, tell)
        }
    }

    package func carryOut(_ check: DoctorCheck) async -> Examination {
        let finding = await check.examine()
        let name = check.name.rawValue
        guard isFixing, let repair = finding.repair else { return Examination(name: name, finding: finding) }
        do {
            let done = try repair.carryOut(now: surroundings.now())
            return Examination(name: name, finding: await check.examine(), repair: done)
        } catch {
            return Examination(name: name, finding: finding, repair: "It could not be repaired: \(error)")
        }
    }
}

/// A single check.
package struct DoctorCheck {
    /// The names of all checks as users see them, in the order of the report.
    package enum Name: String, CaseIterable, Sendable {
        case dockerClient = "docker client"
        case dockerDaemon = "docker daemon"
        case builder
        case dockerDisk = "docker disk"
        case indexPermissions = "index permissions"
        case index
        case indexFileSystem = "index file system"
        case indexDisk = "index disk"
        case leftovers
        case plugin
        case telemetry
        case configuration
        case builderOptions = "builder options"
        case provider
        case login
        case registry
        case clock
        case dockerTrust = "docker trust"
        case read
        case write

        /// The length of the longest name.
        package static var width: Int { allCases.map(\.rawValue.count).max() ?? 0 }
    }

    package let name: Name
    /// Runs the check without changing anything.
    let examine: () async -> Finding

    package init(_ name: Name, _ examine: @escaping () async -> Finding) {
        self.name = name
        self.examine = examine
    }
}

/// A value that several checks need, and that the first of them determines.
final class Fact<Value> {
    private var known: Value?
    private let find: () async -> Value

    package init(_ find: @escaping () async -> Value) {
        self.find = find
    }

    package func value() async -> Value {
        if let known { return known }
        let found = await find()
        known = found
        return found
    }
}
