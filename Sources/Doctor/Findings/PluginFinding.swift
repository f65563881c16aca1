package import SystemPackage

/// Whether the binary and what lies around it are one plugin, and the one that the pipeline asks for.
package enum PluginFinding {
    /// Where the binary is, and what is there of the plugin around it.
    package struct Installation: Equatable {
        package let binary: FilePath
        /// The plugin's directory, if the binary is in its `bin`.
        package let plugin: FilePath?
        /// What the plugin's directory lacks, as paths below it.
        package let missing: [String]
        /// The version in the pipeline, as `v0.1.0`; nil where none is known.
        let requested: String?
    }

    /// What the hooks need, below the plugin's directory.
    package static let files = ["plugin.yml", "hooks/environment", "hooks/pre-command", "lib/find-binary.bash"]

    package static func judge(_ installation: Installation, version: String) -> Finding {
        let place = "\(version) at \(installation.binary)"
        if let plugin = installation.plugin, !installation.missing.isEmpty {
            return .problem(
                "\(plugin) lacks \(installation.missing.joined(separator: ", "))",
                advice: "Check the plugin out again, and run script/build there."
            )
        }
        if let requested = installation.requested, isVersion(requested), requested != "v\(version)" {
            return .warning(
                "the pipeline asks for \(requested), and the binary is \(place)",
                advice: "Build the binary from the plugin's own version, with script/build, or name that one."
            )
        }
        return .ok(installation.plugin == nil ? "\(place), without hooks beside it" : "\(place), with its hooks")
    }

    /// Whether it is a version, and no branch or commit, of which nothing can be said.
    private static func isVersion(_ text: String) -> Bool {
        let numbers = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        return text.hasPrefix("v") && numbers.count == 3 && numbers.allSatisfy { Int($0) != nil }
    }
}
