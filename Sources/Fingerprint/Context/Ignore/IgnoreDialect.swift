/// Whose reading of `.dockerignore` counts: it changed once.
package enum IgnoreDialect: String, CaseIterable, Sendable {
    /// moby/patternmatcher and fsutil as buildx and Docker 23 and later have them.
    case current
    /// BuildKit driven by the Docker 20.10 client without buildx, and the client's own walk of that time: `+ ( )` in a
    /// pattern have the meaning they have in a regular expression; an excluded directory is entered, and sent, only if
    /// a `!` pattern begins with its path letter by letter; and of a path's parents only the one as deep as the pattern
    /// is looked at.
    case docker20
}
