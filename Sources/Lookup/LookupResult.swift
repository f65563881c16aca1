package import Buildkite
package import Docker
package import Fingerprint
package import Images
package import Store

/// What a lookup came to.
package struct LookupResult: Sendable {
    package let outcome: Outcome
    /// Why it was no hit; nil if it was one.
    package let reason: Reason?
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

    package var isHit: Bool { outcome == .localHit || outcome == .registryHit }

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
