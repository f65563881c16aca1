package import Buildkite
package import Docker
package import Fingerprint
package import Images
package import Store

/// The image of a lookup, and how it was had.
package struct LookupResult: Equatable, Sendable {
    /// Where the image is from.
    package enum Origin: Equatable, Sendable {
        case agent
        case registry
        /// It was built, because of this.
        case built(Reason)
    }

    package let origin: Origin
    package let key: Key
    /// What the step runs.
    package let image: ImageReference
    /// `sha256:…` in the registry, if known.
    package let digest: String?
    /// `sha256:…`: the image's id in the daemon, or where it was not brought there, the one that it would have.
    package let imageID: String?
    /// In bytes: unpacked, or where it is only in the registry, packed. Nil if nobody says.
    package let imageBytes: Int64?
    /// How long it took to build the image, or for a hit, how long its builds usually take. In milliseconds, if known.
    package var buildMilliseconds: Int64?
    /// Nil if nothing was built.
    package var build: UsedBuilder?

    package var outcome: Outcome {
        switch origin {
        case .agent: .localHit
        case .registry: .registryHit
        case .built(let reason): reason.outcome
        }
    }

    /// Why it was no hit; nil if it was one.
    package var reason: Reason? {
        if case .built(let reason) = origin { reason } else { nil }
    }

    package var isHit: Bool { outcome.isHit }

    /// What the step is told.
    package func exports(imageVariable: String) -> Exports {
        Exports(
            imageVariable: imageVariable,
            image: image.description,
            repository: image.repository.description,
            tag: image.tag,
            isHit: isHit,
            outcome: outcome.rawValue,
            key: key.description,
            digest: digest ?? ""
        )
    }
}
