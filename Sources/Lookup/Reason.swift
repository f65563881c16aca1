import Docker
import Providers
import Registry

/// Why a lookup was no hit.
package enum Reason: String, Sendable {
    /// Nobody has ever saved an image for this key here.
    case newKey = "new-key"
    /// The index promised an image that is not there any more, or not the same.
    case imageGone = "image-gone"
    /// The registry could not be asked.
    case registryUnreachable = "registry-unreachable"
    /// The registry was asked and does not let us in.
    case registryRefused = "registry-refused"
    /// The registry gave an image that says it is another, or was built for another key.
    case wrongImage = "wrong-image"
    /// There is no index to say what the image in the daemon is.
    case indexUnavailable = "index-unavailable"
    case restoreDisabled = "restore-disabled"
    case strategyBuild = "strategy-build"
    case maximumAge = "max-age"

    /// For people, as the end of a sentence.
    package var explanation: String {
        switch self {
        case .newKey: "no image has been built from these inputs"
        case .imageGone: "the image that the index knows is not in the daemon any more"
        case .registryUnreachable: "the registry could not be asked"
        case .registryRefused: "the registry does not let this agent in"
        case .wrongImage: "the registry has another image under this name"
        case .indexUnavailable: "there is no index that could say what is in the daemon"
        case .restoreDisabled: "restore is off"
        case .strategyBuild: "the strategy is build"
        case .maximumAge: "the image has reached max-age-days"
        }
    }
}

extension Reason {
    private static let refusals: [RegistryError.Reason] = [.unauthorised, .forbidden, .credentialsUnavailable]

    /// Why nothing came of asking a registry.
    package init(asking error: any Error) {
        switch error {
        case let error as RegistryError where Self.refusals.contains(error.reason): self = .registryRefused
        case is ProviderError: self = .registryRefused
        case DockerError.failed(let command, _, _, _) where command.hasPrefix("docker login"): self = .registryRefused
        default: self = .registryUnreachable
        }
    }
}
