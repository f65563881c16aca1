import Formatting

/// The builder that runs `docker build`.
package enum Builder: String, Sendable {
    /// The builder from before BuildKit. It has no secrets, no mounts and no Dockerfile-specific ignore file.
    case legacy
    /// BuildKit inside the daemon, driven by a client before version 23.
    case buildKit
    /// BuildKit through the buildx plugin, the only way from client version 23 on.
    case buildx

    /// Whether the builder is BuildKit.
    package var isBuildKit: Bool { self != .legacy }

    /// Decides which builder a plain `docker build` should use.
    ///
    /// BuildKit is used if it is available, unless the user set `DOCKER_BUILDKIT=0`. Only BuildKit reads
    /// `<Dockerfile>.dockerignore` and supports `RUN --mount`.
    package static func choose(clientMajor: Int, hasBuildx: Bool, dockerBuildKit: String?) -> Builder {
        if Bool(go: dockerBuildKit ?? "") == false { return .legacy }
        if clientMajor >= 23 { return hasBuildx ? .buildx : .legacy }
        return .buildKit
    }
}

/// The builder of this machine and its capabilities.
package struct BuilderCapabilities: Equatable, Sendable {
    package var builder: Builder
    /// The client's major version.
    package var clientMajor: Int
    /// The daemon's major version.
    package var serverMajor: Int
    /// A file that docker takes for buildx and that does not work. Nil if there is none.
    package var brokenBuildx: BrokenBuildx?

    package init(builder: Builder, clientMajor: Int, serverMajor: Int, brokenBuildx: BrokenBuildx? = nil) {
        self.builder = builder
        self.clientMajor = clientMajor
        self.serverMajor = serverMajor
        self.brokenBuildx = brokenBuildx
    }

    /// Whether images can safely be built with inline cache metadata. It can crash servers before version 23
    /// (moby/buildkit 1535, 1609).
    package var isSafeWithInlineCache: Bool { builder == .buildx || builder == .buildKit && serverMajor >= 23 }
}

/// The state of docker's buildx plugin.
package enum BuildxPlugin: Equatable, Sendable {
    /// - Parameter version: such as `v0.13.1`; empty if it is unknown
    case works(version: String)
    case absent
    case broken(BrokenBuildx)
}

/// A file in the place of the buildx plugin that docker cannot run, for example because it is truncated or built for
/// another kind of machine. Keys are computed as if it worked, because a check would cost one process in every lookup.
package struct BrokenBuildx: Equatable, Sendable, CustomStringConvertible {
    package let file: String
    /// Docker's error message.
    package let message: String

    package init(file: String, message: String) {
        self.file = file
        self.message = message
    }

    package var description: String {
        "\(file) is executable, and `docker buildx version` fails"
            + (message.isEmpty ? "" : ": \(message.split(whereSeparator: \.isNewline).joined(separator: " "))")
    }

    package static let advice = "Install the docker-buildx plugin once more, for this machine, or remove that file."
}

/// The builder that ran a build.
package struct UsedBuilder: Equatable, Sendable {
    package let capabilities: BuilderCapabilities
    /// The selected buildx builder. Nil if none was selected.
    package let name: String?

    package init(capabilities: BuilderCapabilities, name: String?) {
        self.capabilities = capabilities
        self.name = name
    }

    /// Whether this may be a builder other than the daemon's own, which does not see the daemon's images. Only a query
    /// to buildx could tell.
    package var mayBeElsewhere: Bool { capabilities.builder == .buildx && name != nil }

    /// Whether the builder keeps contexts that can be listed and removed while other builds run. Daemons before version
    /// 23 were seen to crash when that is done, and clients without buildx list no contexts.
    package var leavesContexts: Bool { capabilities.builder == .buildx && capabilities.serverMajor >= 23 }
}

/// Why a builder cannot send the layers of all stages to a registry.
enum LayerExportObstacle {
    static let noBuildx = "the builder is not buildx"

    /// The driver in the output of `docker buildx inspect`, such as `docker-container`. Nil if there is none.
    static func driver(_ answer: String) -> String? {
        answer.split(separator: "\n")
            .first { $0.hasPrefix("Driver:") }
            .map { $0.dropFirst("Driver:".count).filter { !$0.isWhitespace } }
    }

    /// The obstacle with the driver `docker`, which exports layers only if the daemon stores images in containerd's
    /// store.
    ///
    /// - Parameter status: the output of `docker info --format '{{json .DriverStatus}}'`
    static func ofDockersDriver(status: String) -> String? {
        status.contains("io.containerd.snapshotter.v1")
            ? nil
            : "buildx uses the driver docker, whose daemon does not keep its images in containerd's store. Make a "
                + "builder with `docker buildx create --driver docker-container --name NAME` and let the variable "
                + "BUILDX_BUILDER name it, or turn that store on"
    }
}
