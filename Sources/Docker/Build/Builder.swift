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
        if dockerBuildKit == "0" || dockerBuildKit == "false" { return .legacy }
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

    package init(builder: Builder, clientMajor: Int, serverMajor: Int) {
        self.builder = builder
        self.clientMajor = clientMajor
        self.serverMajor = serverMajor
    }

    /// Whether images can safely be built with inline cache metadata. Servers before version 23 can crash over it
    /// (moby/buildkit 1535, 1609).
    package var isSafeWithInlineCache: Bool { builder == .buildx || builder == .buildKit && serverMajor >= 23 }
}
