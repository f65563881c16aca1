package import Buildkite
package import Docker
package import Fingerprint
import Formatting
package import Images
package import Registry
import Statistics
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
    /// Nil if what goes into the image could not be read.
    package let key: Key?
    /// The name of what the step runs; see ``reference``.
    package var image: ImageReference
    /// `sha256:…` in the registry, if known.
    package var digest: String?
    /// `sha256:…`: the image's id in the daemon, or where it was not brought there, the one that it would have.
    package let imageID: String?
    /// In bytes: unpacked, or where it is only in the registry, packed. Nil if no one says.
    package let imageBytes: Int64?
    /// How long it took to build the image, or for a hit, how long its builds usually take. In milliseconds, if known.
    package var buildMilliseconds: Int64?
    /// Nil if nothing was built.
    package var build: UsedBuilder?
    /// `repository:tag` for the names that it has in the daemon, as far as they are known.
    package var localNames: [String] = []
    package var registered = Registered.absent
    /// Whether an untrusted build got it from the place of trusted builds.
    package var isOfTrustedBuild = false
    /// `sha256:…` by which the step has to name the image in the registry: its signature was checked, and a tag can
    /// name another image by the time that the step pulls it. Nil where the name is enough.
    package var pinned: String?
    /// `repository@sha256:…`, if the image was looked for there and is there.
    package var registryReference: String?

    /// What is known of the image in the registry.
    package enum Registered: Equatable, Sendable {
        /// It is there, and this is its manifest.
        case shown(FetchedManifest)
        /// The index says that it is there, or was to be there; the registry was not asked.
        case promised(Digest?)
        /// It was not saved under its key, because it may not be what the key stands for.
        case withheld
        /// There is no registry, or the image could not be saved there, as a warning says.
        case absent
    }

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

    /// What the step runs: `repository:tag`, or `repository@sha256:…`.
    package var reference: String {
        if let pinned { "\(image.repository)@\(pinned)" } else { image.description }
    }

    /// What the step is told.
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

/// The last line of a lookup, which says it all.
package enum LookupSummary {
    /// Such as `docker-cache: local hit · 0.06 s · saved about 3 min 12 s · app: 87 % of 214 lookups hit in 7 days`.
    ///
    /// - Parameters:
    ///   - counted: what the totals are of, such as the pipeline
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
