import Buildkite
import CLibrary
import Host
package import SystemPackage

extension Doctor {
    /// The binary, the hooks around it, and the version that the pipeline asks for.
    var pluginCheck: DoctorCheck {
        DoctorCheck(.plugin) {
            guard let binary = Self.executable else { return .skipped("this program cannot tell where it is") }
            return PluginFinding.judge(
                Self.installation(of: binary, environment: surroundings.environment),
                version: ProductVersion.current
            )
        }
    }

    package static func installation(of binary: FilePath, environment: [String: String]) -> PluginFinding.Installation {
        let directory = binary.removingLastComponent()
        let parent = directory.removingLastComponent()
        let isThere = { (name: String) in parent.pushing(FilePath(name)).withPlatformString { access($0, R_OK) } == 0 }
        let isPlugin = directory.lastComponent == "bin" && (isThere("plugin.yml") || isThere("hooks"))
        return PluginFinding.Installation(
            binary: binary,
            plugin: isPlugin ? parent : nil,
            missing: isPlugin ? PluginFinding.files.filter { !isThere($0) } : [],
            requested: StepPlugin(list: environment["BUILDKITE_PLUGINS"] ?? "")?.version
        )
    }

    private static var executable: FilePath? {
        let name: FilePath = "/proc/self/exe"
        guard let resolved = name.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
