import Buildkite
import CLibrary
import FoundationEssentials
import Host
import Images
package import SystemPackage

extension Doctor {
    /// Checks the binary, the hooks around it, and the version that the pipeline names.
    var pluginCheck: DoctorCheck {
        DoctorCheck(.plugin) {
            guard let binary = Surroundings.executable else { return .skipped("this program cannot tell where it is") }
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
        let release =
            if isPlugin {
                self.release(in: parent.appending("lib"), source: .plugin)
            } else {
                PluginFinding.Release(ofFetched: binary)
                    ?? self.release(in: parent.appending("share").appending("docker-cache"), source: .installed)
            }
        return PluginFinding.Installation(
            binary: binary,
            plugin: isPlugin ? parent : nil,
            missing: isPlugin ? PluginFinding.files.filter { !isThere($0) } : [],
            release: release,
            checksum: read(binary).map { Digest(of: $0) },
            isNamed: environment["DOCKER_CACHE_BIN"] == binary.string,
            requested: StepPlugin(list: environment["BUILDKITE_PLUGINS"] ?? "")?.version
        )
    }

    private static func release(in place: FilePath, source: PluginFinding.Release.Source) -> PluginFinding.Release? {
        read(place.appending("release")).flatMap {
            PluginFinding.Release(String(decoding: $0, as: UTF8.self), from: source, platform: platform)
        }
    }

    /// The platform as in the names of released archives.
    private static var platform: String {
        #if arch(arm64)
            "linux-aarch64"
        #else
            "linux-x86_64"
        #endif
    }

    /// Nil if it cannot be read.
    private static func read(_ path: FilePath) -> Data? { try? Data(contentsOf: URL(filePath: path.string)) }
}
