import Buildkite
import PluginConfiguration
import Docker
import Host
import Images
import Options
import Providers
import Registry
import Store
import SystemPackage

/// Looks at everything that the plugin needs, a check at a time, and mends what it is told to.
///
/// Each check goes on where the one before has failed. What they find is judged by pure functions in `Findings/`; here
/// is what has to be asked for that.
struct Doctor {
    let surroundings: Surroundings
    /// Nil where nothing says where the index is.
    let indexPath: FilePath?
    /// What a pipeline or the command line says of an image; nil where neither says anything.
    let subject: Subject?
    /// Whether what can be mended is.
    let isFixing: Bool

    /// What is to be looked up.
    enum Subject {
        case configured(CacheConfiguration, InputConfiguration)
        /// It cannot be right, and why.
        case misconfigured(OptionError)
    }

    /// Carries out all checks, and tells of each as soon as it is done.
    func run(_ tell: (Examination) -> Void) async throws {
        for check in dockerChecks + indexChecks + [leftoversCheck, pluginCheck] { tell(await carryOut(check)) }
        switch subject {
        case nil:
            break
        case .misconfigured(let error):
            tell(await carryOut(DoctorCheck("configuration") { .problem(error) }))
        case .configured(let cache, let inputs):
            tell(await carryOut(DoctorCheck("configuration") { .ok("the image \(cache.image)") }))
            tell(await carryOut(builderOptionsCheck(cache, inputs)))
            try await runProviderChecks(cache, tell)
        }
    }

    /// The names of all checks that there can be.
    static let names = [
        "docker client", "docker daemon", "builder", "docker disk", "index permissions", "index", "index file system",
        "index disk", "leftovers", "plugin", "configuration", "builder options",
        "provider", "login", "registry", "clock", "docker trust",
        "read",
        "write",
    ]

    func carryOut(_ check: DoctorCheck) async -> Examination {
        let finding = await check.examine()
        guard isFixing, let repair = finding.repair else { return Examination(name: check.name, finding: finding) }
        do {
            let done = try repair.carryOut(now: surroundings.now())
            return Examination(name: check.name, finding: await check.examine(), repair: done)
        } catch {
            return Examination(name: check.name, finding: finding, repair: "It could not be mended: \(error)")
        }
    }
}
