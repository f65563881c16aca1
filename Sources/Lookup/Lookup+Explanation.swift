import Buildkite
import Fingerprint
import Formatting
import Host
import Images
import Inputs
import PluginConfiguration
import Statistics
import Store
import SystemPackage

/// Remembering what keys were made of, and saying what changed.
extension Lookup {
    /// How many paths and lines of the Dockerfile the log shows of each kind.
    private static let shownChanges = 5

    /// Lets the index remember what the key was made of.
    func remember(_ computed: ComputedKey) {
        var record = record(of: computed)
        index.attempt { index in
            let isKnown = try index.keyRecords.touch(
                pipeline: record.pipeline,
                image: record.image,
                key: record.key,
                directory: record.directory,
                seenAt: record.seenAt
            )
            guard !isKnown else { return }
            record.record = computed.record.bytes
            try index.keyRecords.save(record)
        }
    }

    /// Says what is not as it was at the lookup before, if this one is about to build because of it.
    func explainMiss(_ computed: ComputedKey, _ cause: BuildCause) {
        guard [.newKey, .registryUnreachable].contains(cause.reason) else { return }
        var record = record(of: computed)
        record.record = computed.record.bytes
        let found = index.attempt { index in
            try Explanation(record, index, now: record.seenAt) { _ in computed.dockerfile }
        }
        guard let explanation = found, let previous = explanation.previous, let miss = explanation.miss else { return }
        let age = Quantity.age(previous.seenAt, now: record.seenAt)
        surroundings.output.line("Since the last lookup of \(cache.image) with another key, \(age):")
        for line in miss.lines(limit: Self.shownChanges) { surroundings.output.line("  \(line)") }
    }

    /// Without what it was made of, which takes a moment to put together.
    private func record(of computed: ComputedKey) -> StoredKeyRecord {
        StoredKeyRecord(
            pipeline: job.pipeline,
            image: cache.image.description,
            key: computed.key.description,
            directory: surroundings.workingDirectory.pathBytes,
            seenAt: surroundings.now(),
            record: []
        )
    }
}
