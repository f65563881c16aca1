package import Buildkite
package import Docker
package import Fingerprint
import Formatting
package import Images
package import Registry
import Statistics
package import Store

/// The image of a lookup, and how it was obtained.
package struct LookupResult: Equatable, Sendable {
    /// Where the image came from.
    package enum Origin: Equatable, Sendable {
        case agent
        case registry
        /// It was built, for this reason.
        case built(Reason)
    }

    package let origin: Origin
    /// Nil if the inputs could not be read.
    package let key: Key?
    /// The name of the image that the step runs; see ``reference``.
    package var image: ImageReference
    /// `sha256:…` in the registry, if known.
    package var digest: String?
    /// `sha256:…`: the image's id in the daemon, or if it was not pulled, the id that it would have there.
    package let imageID: String?
    /// The size in bytes: unpacked, or packed if the image is only in the registry. Nil if unknown.
    package let imageBytes: Int64?
    /// The time that the build took, or for a hit, the usual build time. In milliseconds, if known.
    package var buildMilliseconds: Int64?
    /// The builder; nil if nothing was built.
    package var build: UsedBuilder?
    /// The known names of the image in the daemon, as `repository:tag`.
    package var localNames: [String] = []
    package var registered = Registered.absent
    /// Whether an untrusted build took it from the trusted place.
    package var isOfTrustedBuild = false
    /// `sha256:…` by which the step must name the image in the registry: its signature was verified, and the tag may
    /// name another image by the time the step pulls it. Nil if the name is enough.
    package var pinned: String?
    /// `repository@sha256:…`, if the image was found in the registry.
    package var registryReference: String?

    /// The known state of the image in the registry.
    package enum Registered: Equatable, Sendable {
        /// The registry has it, with this manifest.
        case shown(FetchedManifest)
        /// It should be there, according to the index or a push, but the registry has not confirmed it.
        case promised(Digest?)
        /// It was not saved under its key, because it may not match the key.
        case withheld
        /// There is no registry, or the image could not be saved there and a warning gives the reason.
        case absent
    }

    package var outcome: Outcome {
        switch origin {
        case .agent: .localHit
        case .registry: .registryHit
        case .built(let reason): reason.outcome
        }
    }

    /// The reason why it was not a hit; nil if it was one.
    package var reason: Reason? {
        if case .built(let reason) = origin { reason } else { nil }
    }

    package var isHit: Bool { outcome.isHit }

    /// The reference that the step runs: `repository:tag`, or `repository@sha256:…`.
    package var reference: String {
        if let pinned { "\(image.repository)@\(pinned)" } else { image.description }
    }

    /// The variables that are exported to the step.
    package func exports(imageVariable: String) -> Exports {
        Exports(
            imageVariable: imageVariable,
            image: reference,
            repository: image.repository.description,
            tag: image.tag,
            isHit: isHit,
            outcome: outcome.rawValue,
            key: key?.description ?? "",
            digest: digest ?? ""
        )
    }
}

/// The summary line at the end of a lookup.
package enum LookupSummary {
    /// Such as `docker-cache: local hit · 0.06 s · saved about 3 min 12 s · app: 87% of 214 lookups hit in 7 days`.
    ///
    /// - Parameters:
    ///   - counted: the subject of the totals, such as the pipeline
    ///   - totalMilliseconds: how long the lookup took
    ///   - totals: of the last seven days, or nil without an index
    package static func line(
        _ result: LookupResult,
        counted: String,
        totalMilliseconds: Int64,
        totals: EventTotals?
    ) -> String {
        var parts = [outcome(result), Quantity.duration(totalMilliseconds)]
        if result.isHit, let build = result.buildMilliseconds, build > totalMilliseconds {
            parts.append("saved about \(Quantity.duration(build - totalMilliseconds))")
        }
        if let totals, let rate = totals.hitRate {
            let asked = Quantity.count(totals.asked, "lookup")
            parts.append("\(counted): \(Quantity.percent(rate)) of \(asked) hit in 7 days")
        }
        return "docker-cache: " + parts.joined(separator: " · ")
    }

    private static func outcome(_ result: LookupResult) -> String {
        let words = result.outcome.words
        return result.reason.map { "\(words) (\($0.rawValue))" } ?? words
    }
}
