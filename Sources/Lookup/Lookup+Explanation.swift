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
        let (key, now) = (computed.key.description, surroundings.now())
        let directory = surroundings.workingDirectory.pathBytes
        index.attempt { index in
            let isKnown = try index.keyRecords.touch(
                pipeline: job.pipeline,
                image: cache.image.description,
                key: key,
                directory: directory,
                seenAt: now
            )
            guard !isKnown else { return }
            try index.keyRecords.save(
                StoredKeyRecord(
                    pipeline: job.pipeline,
                    image: cache.image.description,
                    key: key,
                    directory: directory,
                    seenAt: now,
                    record: computed.record.bytes
                )
            )
        }
    }

    /// Says what is not as it was at the lookup before, if this one is about to build because of it.
    func explainMiss(_ computed: ComputedKey, _ cause: BuildCause) {
        guard [.newKey, .registryUnreachable].contains(cause.reason) else { return }
        let found = index.attempt { index -> StoredKeyRecord? in
            try index.keyRecords.previous(
                to: StoredKeyRecord(
                    pipeline: job.pipeline,
                    image: cache.image.description,
                    key: computed.key.description,
                    directory: [],
                    seenAt: surroundings.now(),
                    record: []
                )
            )
        }
        guard let previous = found ?? nil, let old = KeyRecord(bytes: previous.record) else { return }
        let explanation = MissExplanation(from: old, to: computed.record, dockerfile: computed.dockerfile)
        let ago = Quantity.duration(max(0, surroundings.now() - previous.seenAt))
        surroundings.output.line("Since the last lookup of \(cache.image) with another key, \(ago) ago:")
        for line in explanation.lines(limit: Self.shownChanges) { surroundings.output.line("  \(line)") }
    }
}
