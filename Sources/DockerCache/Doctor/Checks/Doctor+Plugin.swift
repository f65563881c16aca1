import Images
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Doctor {
    /// The binary, the hooks around it, and the version that the pipeline asks for.
    var pluginCheck: DoctorCheck {
        DoctorCheck("plugin") {
            guard let binary = Self.executable else { return .skipped("this program cannot tell where it is") }
            return PluginFinding.judge(
                Self.installation(of: binary, environment: surroundings.environment),
                version: DockerCacheCommand.version
            )
        }
    }

    static func installation(of binary: FilePath, environment: [String: String]) -> PluginFinding.Installation {
        let directory = binary.removingLastComponent()
        let parent = directory.removingLastComponent()
        let isThere = { (name: String) in parent.pushing(FilePath(name)).withPlatformString { access($0, R_OK) } == 0 }
        let isPlugin = directory.lastComponent == "bin" && (isThere("plugin.yml") || isThere("hooks"))
        return PluginFinding.Installation(
            binary: binary,
            plugin: isPlugin ? parent : nil,
            missing: isPlugin ? PluginFinding.files.filter { !isThere($0) } : [],
            requested: requestedVersion(environment["BUILDKITE_PLUGINS"] ?? "")
        )
    }

    /// What stands behind the `#` of this plugin in the step's list.
    ///
    /// - Parameter plugins: the value of `BUILDKITE_PLUGINS`: a JSON array, each plugin an object with its address for
    ///   a name, or that address alone
    static func requestedVersion(_ plugins: String) -> String? {
        // Outside of a job there is no list, and one that cannot be read says nothing.
        guard let list = try? JSONValue(parsing: plugins.utf8) else { return nil }
        let addresses = (list.array ?? []).flatMap { plugin in
            plugin.string.map { [$0] } ?? plugin.object.map { Array($0.keys) } ?? []
        }
        let own = addresses.first { address in
            let name = address.prefix { $0 != "#" }.split(separator: "/").last ?? ""
            return ["docker-cache", "docker-cache-buildkite-plugin", "docker-cache-buildkite-plugin.git"].contains(name)
        }
        let parts = own?.split(separator: "#", maxSplits: 1) ?? []
        return parts.count == 2 ? String(parts[1]) : nil
    }

    private static var executable: FilePath? {
        #if os(Linux)
            let name: FilePath = "/proc/self/exe"
        #else
            let name = FilePath(CommandLine.arguments.first ?? "")
        #endif
        guard let resolved = name.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
