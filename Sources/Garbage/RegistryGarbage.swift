import Fingerprint
package import PluginConfiguration
package import Images
package import Registry

/// Decides which cache images in the registry are expired. Pure: the registry's answers are passed in.
package enum RegistryGarbage {
    /// Whether to remove a tag, or why it stays.
    package enum Judgement: Equatable, Sendable {
        case remove
        case keep
        /// It looks like one of our tags, but is not known to be.
        case notOurs(String)
    }

    /// Whether the image of a tag is ours and has expired.
    ///
    /// - Parameters:
    ///   - image: the value of the option `image`
    ///   - description: the image's metadata; nil if there is no image for this platform
    package static func judge(
        _ tag: CacheTag,
        image: RepositoryName,
        _ description: (any ImageDescription)?,
        maximumAge: Int64?,
        now: Int64
    ) -> Judgement {
        guard let description else { return .notOurs("it has no image that could be looked at") }
        guard description.labels[ImageAge.keyLabel] == tag.key,
            description.labels[ImageAge.imageLabel] == image.description
        else { return .notOurs("its labels do not say that it is \(image) of this key") }
        guard let builtAt = ImageAge.builtAt(description) else { return .notOurs("it does not say how old it is") }
        return ImageAge.isExpired(builtAt: builtAt, maximum: maximumAge, now: now) ? .remove : .keep
    }

    /// The report of the cache images that were, or would be, removed.
    package static func report(
        _ deletion: TagDeletion,
        repository: RepositoryName,
        notOurs: [GarbageReport.Line],
        isDryRun: Bool
    ) -> GarbageReport {
        report(
            deletion,
            kind: "cache image",
            why: GarbageReason.expired.explanation,
            repository,
            kept: notOurs,
            isDryRun: isDryRun
        )
    }

    /// The report of the records that were, or would be, removed.
    package static func report(
        ofRecords deletion: TagDeletion,
        repository: RepositoryName,
        isDryRun: Bool
    ) -> GarbageReport {
        report(deletion, kind: "record", why: "its image is gone", repository, kept: [], isDryRun: isDryRun)
    }

    /// The report of the tags that were withdrawn by hand.
    package static func report(ofWithdrawn deletion: TagDeletion, repository: RepositoryName) -> GarbageReport {
        let report = report(deletion, kind: "tag", why: "it was withdrawn", repository, kept: [], isDryRun: false)
            .report
        // While other tags share its manifest, an image is not withdrawn.
        let shared = report.kept.map { line in
            GarbageReport.Line(
                kind: line.kind,
                name: line.name,
                why: line.why == moved
                    ? "\(moved): run the command once more to withdraw that too"
                    : "\(line.why): delete that first, and run the command once more",
                bytes: nil
            )
        }
        return GarbageReport(removed: report.removed, kept: [], failed: report.failed + shared, isDryRun: false)
    }

    /// Why a tag stays that was moved since it was judged.
    private static let moved = "it names a newer image by now"

    private static func report(
        _ deletion: TagDeletion,
        kind: String,
        why reason: String,
        _ repository: RepositoryName,
        kept notOurs: [GarbageReport.Line],
        isDryRun: Bool
    ) -> GarbageReport {
        var removed: [GarbageReport.Line] = []
        var kept = notOurs
        var failed: [GarbageReport.Line] = []
        for group in deletion.groups {
            for tag in group.tags {
                func line(_ why: String) -> GarbageReport.Line {
                    GarbageReport.Line(kind: kind, name: "\(repository):\(tag)", why: why, bytes: nil)
                }
                switch group.outcome {
                case .deleted: removed.append(line(reason))
                case .shared(let others):
                    kept.append(
                        line(
                            others.count == 1
                                ? "the tag \(others[0]) names the same image"
                                : "the tags \(others.joined(separator: ", ")) name the same image"
                        )
                    )
                case .failed(let error): failed.append(line("\(error)"))
                }
            }
        }
        kept += deletion.moved.map { tag in
            GarbageReport.Line(kind: kind, name: "\(repository):\(tag)", why: moved, bytes: nil)
        }
        return GarbageReport(removed: removed, kept: kept, failed: failed, isDryRun: isDryRun)
    }
}
