import Formatting

/// What carries out `docker build`.
package enum Builder: String, Sendable {
    /// The builder from before BuildKit: no secrets, no mounts, no Dockerfile-specific ignore file.
    case legacy
    /// BuildKit inside the daemon, driven by a client of before version 23.
    case buildKit
    /// BuildKit through the buildx plugin: the only way from client version 23 on.
    case buildx

    /// Whether it is BuildKit that builds.
    package var isBuildKit: Bool { self != .legacy }

    /// Decides which builder a plain `docker build` should use.
    ///
    /// BuildKit is taken wherever it can be had, unless the user said `DOCKER_BUILDKIT=0`: it alone reads
    /// `<Dockerfile>.dockerignore`, and it alone knows `RUN --mount`.
    package static func choose(clientMajor: Int, hasBuildx: Bool, dockerBuildKit: String?) -> Builder {
        if Bool(go: dockerBuildKit ?? "") == false { return .legacy }
        if clientMajor >= 23 { return hasBuildx ? .buildx : .legacy }
        return .buildKit
    }
}

/// The builder of this machine, and what it can do.
package struct BuilderCapabilities: Equatable, Sendable {
    package var builder: Builder
    /// The first number of the client's version.
    package var clientMajor: Int
    /// The first number of the daemon's version.
    package var serverMajor: Int
    /// What passes for buildx and does not work; nil where there is no such file.
    package var brokenBuildx: BrokenBuildx?

    package init(builder: Builder, clientMajor: Int, serverMajor: Int, brokenBuildx: BrokenBuildx? = nil) {
        self.builder = builder
        self.clientMajor = clientMajor
        self.serverMajor = serverMajor
        self.brokenBuildx = brokenBuildx
    }

    /// Whether images can safely be built with inline cache metadata. Servers before version 23 can crash over it
    /// (moby/buildkit 1535, 1609).
    package var isSafeWithInlineCache: Bool { builder == .buildx || builder == .buildKit && serverMajor >= 23 }
}

/// What docker has of buildx.
package enum BuildxPlugin: Equatable, Sendable {
    /// - Parameter version: such as `v0.13.1`; empty where it does not say
    case works(version: String)
    case absent
    case broken(BrokenBuildx)
}

/// A file that passes for the buildx plugin, and that docker can do nothing with: made for another machine, say, or cut
/// off. Keys are made as if it worked, because to find out costs a process in every lookup.
package struct BrokenBuildx: Equatable, Sendable, CustomStringConvertible {
    package let file: String
    /// What docker says.
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

/// What carried out a build, and what that leaves in it.
package struct UsedBuilder: Equatable, Sendable {
    package let capabilities: BuilderCapabilities
    /// The buildx builder that was chosen for it; nil for none.
    package let name: String?

    package init(capabilities: BuilderCapabilities, name: String?) {
        self.capabilities = capabilities
        self.name = name
    }

    /// Whether it may be another than the daemon's own, and not see the images of the daemon. Asking buildx would tell.
    package var mayBeElsewhere: Bool { capabilities.builder == .buildx && name != nil }

    /// Whether it keeps the context, and what it keeps can be told and removed while others build. Daemons before
    /// version 23 were seen to crash over that, and clients without buildx tell nothing.
    package var leavesContexts: Bool { capabilities.builder == .buildx && capabilities.serverMajor >= 23 }
}

/// Why a builder cannot send the layers of all stages to a registry.
enum LayerExportObstacle {
    static let noBuildx = "the builder is not buildx"

    /// The driver in the answer of `docker buildx inspect`, such as `docker-container`; nil if there is none.
    static func driver(_ answer: String) -> String? {
        answer.split(separator: "\n")
            .first { $0.hasPrefix("Driver:") }
            .map { $0.dropFirst("Driver:".count).filter { !$0.isWhitespace } }
    }

    /// The driver `docker` exports layers only where the daemon keeps images in containerd's store.
    ///
    /// - Parameter status: the answer of `docker info --format '{{json .DriverStatus}}'`
    static func ofDockersDriver(status: String) -> String? {
        status.contains("io.containerd.snapshotter.v1")
            ? nil
            : "buildx uses the driver docker, whose daemon does not keep its images in containerd's store. Make a "
                + "builder with `docker buildx create --driver docker-container --name NAME` and let the variable "
                + "BUILDX_BUILDER name it, or turn that store on"
    }
}
