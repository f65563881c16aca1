/// Whose reading of `.dockerignore` counts: two things decide, the age of what reads it and how the context is walked.
package struct IgnoreDialect: Hashable, Sendable {
    /// Which paths a pattern matches.
    enum Matcher: Sendable {
        /// moby/patternmatcher: what a parent matched, its entries match.
        case current
        /// `fileutils` of Docker 20.10: `+ ( )` in a pattern have the meaning they have in a regular expression, and of
        /// a path's parents only the one as deep as the pattern is looked at.
        case docker20
    }

    /// What walks the context, and hence what happens to an excluded directory that a `!` pattern leads into.
    enum Walk: Sendable {
        /// fsutil. Of old it enters, and sends, the directory if a `!` pattern begins with its path letter by letter;
        /// now it enters it if a `!` pattern could match below, and sends it if one did.
        case buildKit
        /// moby/go-archive: the legacy builder. It enters the directory if a `!` pattern begins with its path letter by
        /// letter, and never sends it; the daemon makes it, with permissions of its own, for what lies below.
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

    /// Every dialect there is.
    package static let all: [IgnoreDialect] = [.current, .docker20, .legacy, .legacyDocker20]

    private init(matcher: Matcher, walk: Walk) {
        self.matcher = matcher
        self.walk = walk
    }

    /// The dialect of a plain `docker build`. The client walks the context, so the daemon's version does not matter.
    package init(clientMajor: Int, usesBuildKit: Bool) {
        matcher = clientMajor < 23 ? .docker20 : .current
        walk = usesBuildKit ? .buildKit : .archive
    }

    /// The permissions of a directory that is not sent, but there because of what lies below; nil where it is sent.
    /// go-archive's `ImpliedDirectoryMode`.
    var impliedPermissions: UInt16? { walk == .archive ? 0o755 : nil }

    /// `<Dockerfile>.dockerignore` counts.
    var readsIgnoreFileOfDockerfile: Bool { walk == .buildKit }
}
