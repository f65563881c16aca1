import Buildkite
import Docker
import Fingerprint
import Images
import Store

/// What a lookup came to.
struct LookupResult: Sendable {
    let outcome: Outcome
    /// Why it was no hit; nil if it was one.
    let reason: Reason?
    let key: Key
    /// What the step runs.
    let image: ImageReference
    /// `sha256:…` in the registry, if known.
    let digest: String?
    /// `sha256:…`: the image's id in the daemon, or where it was not brought there, the one that it would have.
    let imageID: String?
    /// In bytes: unpacked, or where it is only in the registry, packed. Nil if nobody says.
    let imageBytes: Int64?
    /// How long it took to build the image, or for a hit, how long its builds usually take. In milliseconds, if known.
    var buildMilliseconds: Int64?
    /// Nil if nothing was built.
    var build: LookupGarbage.Build?

    var isHit: Bool { outcome == .localHit || outcome == .registryHit }

    /// What the step is told.
    func exports(imageVariable: String) -> Exports {
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
