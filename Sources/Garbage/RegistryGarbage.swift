import Fingerprint
package import PluginConfiguration
package import Images
package import Registry

/// Which cache images in the registry are past their age. Pure: what the registry said is handed in.
package enum RegistryGarbage {
    /// Whether a tag is to go, or why it stays.
    package enum Judgement: Equatable {
        case remove
        case keep
        /// It looks like one of ours and is not known to be.
        case notOurs(String)
    }

    /// - Parameters:
    ///   - image: what the option `image` says
    ///   - description: what the image says of itself; nil if there is none for this platform
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

    /// What happened to the tags, or would.
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

    /// What happened to the tags of records, or would.
    package static func report(
        ofRecords deletion: TagDeletion,
        repository: RepositoryName,
        isDryRun: Bool
    ) -> GarbageReport {
        report(deletion, kind: "record", why: "its image is gone", repository, kept: [], isDryRun: isDryRun)
    }

    /// What happened to the tags that were withdrawn by hand.
    package static func report(ofWithdrawn deletion: TagDeletion, repository: RepositoryName) -> GarbageReport {
        let report = report(deletion, kind: "tag", why: "it was withdrawn", repository, kept: [], isDryRun: false)
            .report
        // A command that withdraws an image has not done so yet.
        let shared = report.kept.map { line in
            GarbageReport.Line(
                kind: line.kind,
                name: line.name,
                why: "\(line.why): delete those tags first, and run the command once more",
                bytes: nil
            )
        }
        return GarbageReport(removed: report.removed, kept: [], failed: report.failed + shared, isDryRun: false)
    }

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
                    kept.append(line("the tags \(others.joined(separator: ", ")) need what it names"))
                case .failed(let error): failed.append(line("\(error)"))
                }
            }
        }
        return GarbageReport(removed: removed, kept: kept, failed: failed, isDryRun: isDryRun)
    }
}
