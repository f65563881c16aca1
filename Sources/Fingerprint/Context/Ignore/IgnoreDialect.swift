/// The rules for reading `.dockerignore`. They depend on the version of the program that reads it, and on how the
/// context is walked.
package struct IgnoreDialect: Hashable, Sendable {
    /// How patterns match paths.
    enum Matcher: Sendable {
        /// moby/patternmatcher: a pattern that matches a directory also matches its entries.
        case current
        /// `fileutils` of Docker 20.10: `+ ( )` in a pattern have their regular-expression meaning, and of a path's
        /// parents only the one at the pattern's depth is checked.
        case docker20
    }

    /// How the context is walked, and hence what happens to an excluded directory that a `!` pattern leads into.
    enum Walk: Sendable {
        /// fsutil. The version in Docker 20.10 enters and sends the directory if a `!` pattern literally begins with
        /// its path. Newer versions enter it if a `!` pattern could match below it, and send it if one did.
        case buildKit
        /// moby/go-archive: the legacy builder. It enters the directory if a `!` pattern literally begins with its
        /// path, and never sends it. The daemon creates the directory, with default permissions, for the entries below
        /// it.
        case archive
    }

    let matcher: Matcher
    let walk: Walk

    /// BuildKit through buildx, or through the client of Docker 23 and later.
    package static let current = IgnoreDialect(matcher: .current, walk: .buildKit)
    /// BuildKit driven by the Docker 20.10 client without buildx.
    package static let docker20 = IgnoreDialect(matcher: .docker20, walk: .buildKit)
    /// The legacy builder, with the client of Docker 23 and later.
    package static let legacy = IgnoreDialect(matcher: .current, walk: .archive)
    /// The legacy builder, with the Docker 20.10 client.
    package static let legacyDocker20 = IgnoreDialect(matcher: .docker20, walk: .archive)

    /// All dialects.
    package static let all: [IgnoreDialect] = [.current, .docker20, .legacy, .legacyDocker20]

    private init(matcher: Matcher, walk: Walk) {
        self.matcher = matcher
        self.walk = walk
    }

    /// Creates the dialect of a plain `docker build`. The client walks the context, so the daemon's version does not
    /// matter.
    package init(clientMajor: Int, usesBuildKit: Bool) {
        matcher = clientMajor < 23 ? .docker20 : .current
        walk = usesBuildKit ? .buildKit : .archive
    }

    /// The permissions of a directory that is not sent but created for the entries below it; nil if directories are
    /// sent. This is go-archive's `ImpliedDirectoryMode`.
    var impliedPermissions: UInt16? { walk == .archive ? 0o755 : nil }

    /// Whether `<Dockerfile>.dockerignore` is used.
    var readsIgnoreFileOfDockerfile: Bool { walk == .buildKit }
}
