import Images
package import SystemPackage

/// Whether the binary and the files around it are one plugin, in the version that the pipeline names.
package enum PluginFinding {
    /// The location of the binary, and the plugin's files around it.
    package struct Installation: Equatable {
        package let binary: FilePath
        /// The plugin's directory, if the binary is in its `bin`.
        package let plugin: FilePath?
        /// The files that the plugin's directory lacks, as paths below it.
        package let missing: [String]
        /// The release that the binary should be; nil if none is named.
        let release: Release?
        /// The digest of the binary; nil if it cannot be read.
        let checksum: Digest?
        /// Whether `DOCKER_CACHE_BIN` is its path.
        let isNamed: Bool
        /// The version in the pipeline, as `v0.1.0`; nil if it is not known.
        let requested: String?
    }

    /// The released binary for this platform, according to a plugin.
    package struct Release: Equatable {
        /// What names the release.
        enum Source {
            /// The `lib/release` of the plugin around the binary.
            case plugin
            /// A copy of that file, which `script/install` puts beside the binary.
            case installed
            /// The directory into which hooks have fetched the binary. It is named after version and checksum.
            case fetched
        }

        let version: String
        let checksum: Digest
        let source: Source

        init(version: String, checksum: Digest, source: Source) {
            self.version = version
            self.checksum = checksum
            self.source = source
        }

        /// Nil if nothing was released for the platform.
        ///
        /// - Parameter text: the content of a `lib/release`
        init?(_ text: String, from source: Source, platform: String) {
            let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").map(String.init) }
            guard let version = lines.first(where: { $0.first == "version" && $0.count == 2 })?[1],
                let line = lines.first(where: { $0.first == platform && $0.count == 3 }),
                let checksum = Digest("sha256:\(line[2])")
            else { return nil }
            self.init(version: version, checksum: checksum, source: source)
        }

        /// Nil for a binary that is not at `…/docker-cache/bin/VERSION/SHA256/docker-cache`.
        init?(ofFetched binary: FilePath) {
            let names = binary.components.suffix(5).map(\.string)
            guard names.count == 5, names[0] == "docker-cache", names[1] == "bin",
                let checksum = Digest("sha256:\(names[3])")
            else { return nil }
            self.init(version: names[2], checksum: checksum, source: .fetched)
        }
    }

    /// The files that the hooks need, below the plugin's directory.
    package static let files = [
        "plugin.yml", "hooks/environment", "hooks/pre-command", "lib/find-binary.bash", "lib/read-release.bash",
        "lib/fetch-binary.bash", "lib/download.bash", "lib/explain-failure.bash", "lib/release",
    ]

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
                advice: "Use the binary of that version: remove DOCKER_CACHE_BIN, install it with script/install, or "
                    + "build it with script/build. Or name this version in the pipeline."
            )
        }
        guard let release = installation.release else { return judgeWithoutRelease(installation, place: place) }
        if release.checksum == installation.checksum {
            let origin =
                switch release.source {
                case .plugin: "with its hooks"
                case .installed: installation.isNamed ? named : "installed by script/install"
                case .fetched: "downloaded by the plugin's hooks"
                }
            return .ok("\(place), \(origin); it is the released binary \(release.version)")
        }
        let checksum = installation.checksum.map { "\($0)" } ?? "not known"
        switch release.source {
        case .plugin:
            return .ok("\(place), with its hooks; it was built here, and is not the released binary \(release.version)")
        case .installed:
            return .warning(
                "\(place) is not the released binary \(release.version) that script/install has put there: its "
                    + "checksum is \(checksum)",
                advice: "Run script/install again, or script/build --install to use a binary of your own."
            )
        case .fetched:
            return .problem(
                "\(place) is not what was released as \(release.version): its checksum is \(checksum)",
                advice: "Remove \(installation.binary.removingLastComponent()). The next job downloads it again."
            )
        }
    }

    private static let named = "named by DOCKER_CACHE_BIN"

    private static func judgeWithoutRelease(_ installation: Installation, place: String) -> Finding {
        guard installation.plugin == nil else { return .ok("\(place), with its hooks; it was built here") }
        let origin = installation.isNamed ? named : "installed outside of the plugin"
        let checksum = installation.checksum.map { "\($0)".dropFirst("sha256:".count) } ?? "not known"
        return .ok("\(place), \(origin); its checksum is \(checksum) (the plugin's is in its lib/release)")
    }

    /// Whether it is a version, and not a branch or commit, which cannot be compared.
    private static func isVersion(_ text: String) -> Bool {
        let numbers = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        return text.hasPrefix("v") && numbers.count == 3 && numbers.allSatisfy { Int($0) != nil }
    }
}
