package import Fingerprint
import Options

/// Why no key could be computed from the inputs.
package enum InputError: ErrorWithExitStatus, CustomStringConvertible {
    case context(ContextError)
    case unreadable(path: String, what: File, reason: String)
    /// The index is among the files that are part of the key.
    case indexInContext(path: String)
    /// A path or glob in `cache-key` matches nothing.
    case noMatch(option: String, pattern: String, directory: String)
    /// `base-images: pin` is set, and the base images cannot be determined from the Dockerfile.
    case cannotPin(reason: String)

    /// A file outside the context. The raw value is its name in messages.
    package enum File: String, Sendable {
        case dockerfile = "Dockerfile"
        case ofCacheKey = "file of cache-key"
        case directoryOfCacheKey = "directory below cache-key"
        case sourcePolicy = "file that EXPERIMENTAL_BUILDKIT_SOURCE_POLICY names"

        /// Whether only the key uses it, and no build reads it.
        var isOfKeyAlone: Bool { self == .ofCacheKey || self == .directoryOfCacheKey }
    }

    /// Whether the user's configuration is wrong, and not the state of the machine.
    var isConfiguration: Bool {
        switch self {
        case .context(.ignoreFile), .context(.noDirectory), .noMatch, .indexInContext, .cannotPin: true
        case .context, .unreadable: false
        }
    }

    /// Whether a build may succeed although this error prevents a key.
    ///
    /// BuildKit puts an empty file into the image if it cannot read one, and takes a file that changes as it finds it.
    /// The legacy builder rejects some of these cases (tested with Docker 20.10, 26.1 and 28.5).
    package var isForTheBuilder: Bool {
        switch self {
        case .context(.unreadable), .context(.changing): true
        case .unreadable(_, let file, _): file.isOfKeyAlone
        case .context, .indexInContext, .noMatch, .cannotPin: false
        }
    }

    package var exitStatus: Int32 { isConfiguration ? ExitStatus.usage : ExitStatus.failed }

    package var description: String {
        switch self {
        case .context(let error): "\(error)"
        case .unreadable(let path, let what, let reason):
            "The \(what.rawValue) \(path) cannot be read: \(reason). Let this user read it."
        case .indexInContext(let path):
            "The index \(path) is inside the build context, so every lookup would change the key. "
                + "Name a place outside of it with the option index, or leave it out with a line in .dockerignore."
        case .noMatch(let option, let pattern, let directory):
            "\(OptionError.subject(option)) has the path or glob \"\(pattern)\", which matches nothing in "
                + "\(directory). A string that is not a path must have no / in it."
        case .cannotPin(let reason):
            "The option base-images is pin, and the base images cannot be determined from the Dockerfile: \(reason) "
                + "Change the Dockerfile, or set base-images: tag."
        }
    }
}
