import Buildkite
package import PluginConfiguration
import Docker
package import Host
import Images
package import Options
import Providers
import Registry
import Store
package import SystemPackage

/// Looks at everything that the plugin needs, a check at a time, and mends what it is told to.
///
/// Each check goes on where the one before has failed. What they find is judged by pure functions in `Findings/`; here
/// is what has to be asked for that.
package struct Doctor {
    package let surroundings: Surroundings
    /// Nil where nothing says where the index is.
    package let indexPath: FilePath?
    /// What a pipeline or the command line says of an image; nil where neither says anything.
    package let subject: Subject?
    /// Whether what can be mended is.
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
    package func run(_ tell: (Examination) -> Void) async throws {
        for check in dockerChecks + indexChecks + [leftoversCheck, pluginCheck] { tell(await carryOut(check)) }
        switch subject {
        case nil:
            break
        case .misconfigured(let error):
            tell(await carryOut(DoctorCheck(.configuration) { .problem(error) }))
        case .configured(let cache, let inputs):
            tell(await carryOut(DoctorCheck(.configuration) { .ok("the image \(cache.image)") }))
            tell(await carryOut(builderOptionsCheck(cache, inputs)))
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
            return Examination(name: name, finding: finding, repair: "It could not be mended: \(error)")
        }
    }
}
