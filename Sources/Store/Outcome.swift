/// How a lookup ended.
package enum Outcome: String, CaseIterable, Sendable {
    /// The agent's own daemon had the image.
    case localHit = "local-hit"
    /// The registry had it.
    case registryHit = "registry-hit"
    /// No place had it.
    case miss
    /// The image was there, but too old.
    case expired
    /// The cache was not consulted.
    case bypassed

    /// Whether the lookup found its image.
    package var isHit: Bool { self == .localHit || self == .registryHit }

    /// For people, such as `local hit`.
    package var words: String { String(rawValue.map { $0 == "-" ? " " : $0 }) }
}

/// Why a lookup was no hit.
package enum Reason: String, CaseIterable, Sendable {
    /// No one has ever saved an image for this key here.
    case newKey = "new-key"
    /// The index promised an image that is not there any more, or not the same.
    case imageGone = "image-gone"
    /// The daemon did not say whether it has the image.
    case daemonSilent = "daemon-silent"
    /// The registry could not be asked.
    case registryUnreachable = "registry-unreachable"
    /// The registry was asked and does not let us in.
    case registryRefused = "registry-refused"
    /// The registry gave an image that says it is another, or was built for another key.
    case wrongImage = "wrong-image"
    /// The image has no signature that counts (`verify-key`).
    case unverified
    /// There is no index to say what the image in the daemon is.
    case indexUnavailable = "index-unavailable"
    case restoreDisabled = "restore-disabled"
    /// What goes into the image could not be read, so that it has no key.
    case inputsUnreadable = "inputs-unreadable"
    case strategyBuild = "strategy-build"
    case maximumAge = "max-age"

    /// How a lookup ends that was no hit because of this.
    package var outcome: Outcome {
        switch self {
        case .newKey, .imageGone, .daemonSilent, .registryUnreachable, .registryRefused, .wrongImage,
            .unverified, .indexUnavailable:
            .miss
        case .restoreDisabled, .strategyBuild, .inputsUnreadable: .bypassed
        case .maximumAge: .expired
        }
    }

    /// Whether something is wrong that someone should look at.
    package var isTrouble: Bool {
        switch self {
        case .daemonSilent, .registryUnreachable, .registryRefused, .wrongImage, .unverified,
            .indexUnavailable, .inputsUnreadable:
            true
        case .newKey, .imageGone, .restoreDisabled, .strategyBuild, .maximumAge: false
        }
    }

    /// For people, as the end of a sentence.
    package var explanation: String {
        switch self {
        case .newKey: "no image has been built from these inputs"
        case .imageGone: "the image that the index knows is not in the daemon any more"
        case .daemonSilent: "the Docker daemon did not say whether it has the image"
        case .registryUnreachable: "the registry could not be asked"
        case .registryRefused: "the registry does not let this agent in"
        case .wrongImage: "the registry has another image under this name"
        case .unverified: "the image has no signature that counts here"
        case .indexUnavailable: "there is no index that could say what is in the daemon"
        case .restoreDisabled: "restore is off"
        case .inputsUnreadable: "what goes into the image could not be read"
        case .strategyBuild: "the strategy is build"
        case .maximumAge: "the image has reached max-age-days"
        }
    }
}

/// Why a lookup ended without an image for its step.
package enum Failure: String, CaseIterable, Sendable {
    /// The job was told to stop.
    case cancelled
    case buildFailed = "build-failed"
    /// There is no docker command.
    case dockerMissing = "docker-missing"
    case daemonUnreachable = "daemon-unreachable"
    /// Something that the key is made of could not be read.
    case inputsUnreadable = "inputs-unreadable"
    /// Anything else.
    case failed
}
