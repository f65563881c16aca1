import Options

/// The builder of this agent cannot do with layers what the options ask for.
package enum LayerCacheError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// `layer-cache: max`, and why not.
    case cannotExport(obstacle: String)
    /// One of buildx's own kinds of `cache-from`.
    case needsBuildx(source: String)

    package var exitStatus: Int32 { ExitStatus.usage }

    package var description: String {
        switch self {
        case .cannotExport(let obstacle):
            "The option `layer-cache` is max, which this agent cannot do: \(obstacle). Or say layer-cache: auto. "
                + "Nothing was built."
        case .needsBuildx(let source):
            "The option `cache-from` has \(source), which buildx alone knows, and the builder is another. Install the "
                + "docker-buildx plugin (client 23 and later), or name an image. Nothing was built."
        }
    }
}
