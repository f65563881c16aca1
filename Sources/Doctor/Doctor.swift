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

/// Looks at everything that the plugin needs, a check at a time, and repairs what it is told to.
///
/// Each check goes on where the one before has failed. What they find is judged by pure functions in `Findings/`; here
/// is what has to be asked for that.
package struct Doctor {
    package let surroundings: Surroundings
    /// Nil where nothing says where the index is.
    package let indexPath: FilePath?
    /// What a pipeline or the command line says of an image; nil where neither says anything.
    package let subject: Subject?
    /// Whether what can be repaired is.
    package let isFixing: Bool

    package init(surroundings: Surroundings, indexPath: FilePath?, subject: Subject?, isFixing: Bool) {
        self.surroundings = surroundings
        self.indexPath = indexPath
        self.subject = subject
        self.isFixing = isFixing
    }

    /// What is to be looked up.
    package enum Subject {
        case configured(CacheConfiguration, InputConfiguration)
        /// It cannot be right, and why.
        case misconfigured(OptionError)
    }

    /// Carries out all checks, and tells of each as soon as it is done.
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

/// One thing that doctor looks at.
package struct DoctorCheck {
    /// Every check that there can be, in the order of the report, as people see it.
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

        /// How wide the longest is.
        package static var width: Int { allCases.map(\.rawValue.count).max() ?? 0 }
    }

    package let name: Name
    /// Finds out, and changes nothing.
    let examine: () async -> Finding

    package init(_ name: Name, _ examine: @escaping () async -> Finding) {
        self.name = name
        self.examine = examine
    }
}

/// Something that several checks need, and that is found out once, by the first of them.
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
