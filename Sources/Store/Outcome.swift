/// How a lookup ended.
package enum Outcome: String, CaseIterable, Sendable {
    /// The agent's Docker daemon had the image.
    case localHit = "local-hit"
    /// The registry had it.
    case registryHit = "registry-hit"
    /// Neither had it.
    case miss
    /// The image was found, but is too old.
    case expired
    /// The cache was not consulted.
    case bypassed

    /// Whether the lookup found its image.
    package var isHit: Bool { self == .localHit || self == .registryHit }

    /// The user-facing words, such as `local hit`.
    package var words: String { String(rawValue.map { $0 == "-" ? " " : $0 }) }
}

/// Why a lookup was not a hit.
package enum Reason: String, CaseIterable, Sendable {
    /// No image has been saved for this key in this cache.
    case newKey = "new-key"
    /// The entry's image is gone or has changed.
    case imageGone = "image-gone"
    /// The daemon did not report whether it has the image.
    case daemonSilent = "daemon-silent"
    /// The registry could not be queried.
    case registryUnreachable = "registry-unreachable"
    /// The registry answered, but denied access.
    case registryRefused = "registry-refused"
    /// The registry's image is labelled as a different image, or as built for a different key.
    case wrongImage = "wrong-image"
    /// The image has no valid signature (`verify-key`).
    case unverified
    /// There is no index to identify the image in the daemon.
    case indexUnavailable = "index-unavailable"
    case restoreDisabled = "restore-disabled"
    /// The inputs of the image could not be read, so it has no key.
    case inputsUnreadable = "inputs-unreadable"
    case strategyBuild = "strategy-build"
    case maximumAge = "max-age"

    /// The outcome of a lookup that was not a hit for this reason.
    package var outcome: Outcome {
        switch self {
        case .newKey, .imageGone, .daemonSilent, .registryUnreachable, .registryRefused, .wrongImage,
            .unverified, .indexUnavailable:
            .miss
        case .restoreDisabled, .strategyBuild, .inputsUnreadable: .bypassed
        case .maximumAge: .expired
        }
    }

    /// Whether this is a problem that needs attention.
    package var isTrouble: Bool {
        switch self {
        case .daemonSilent, .registryUnreachable, .registryRefused, .wrongImage, .unverified,
            .indexUnavailable, .inputsUnreadable:
            true
        case .newKey, .imageGone, .restoreDisabled, .strategyBuild, .maximumAge: false
        }
    }

    /// The user-facing explanation, as the end of a sentence.
    package var explanation: String {
        switch self {
        case .newKey: "no saved image of these inputs was found"
        case .imageGone: "the image that the index knows is not in the daemon any more"
        case .daemonSilent: "the Docker daemon did not say whether it has the image"
        case .registryUnreachable: "the registry could not be reached"
        case .registryRefused: "the registry denies access to this agent"
        case .wrongImage: "the registry has another image under this name"
        case .unverified: "the image has no valid signature"
        case .indexUnavailable: "the index is unavailable"
        case .restoreDisabled: "restore is off"
        case .inputsUnreadable: "an input of the image could not be read"
        case .strategyBuild: "the strategy is build"
        case .maximumAge: "the image has reached max-age-days"
        }
    }
}

/// Why a lookup ended without an image for its step.
package enum Failure: String, CaseIterable, Sendable {
    /// The job was cancelled.
    case cancelled
    case buildFailed = "build-failed"
    /// The docker command is missing.
    case dockerMissing = "docker-missing"
    case daemonUnreachable = "daemon-unreachable"
    /// An input of the key could not be read.
    case inputsUnreadable = "inputs-unreadable"
    /// Any other failure.
    case failed
}
