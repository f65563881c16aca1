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

/// Stores key records, and explains what changed.
extension Lookup {
    /// The maximum number of paths and Dockerfile lines of each kind in the log.
    private static let shownChanges = 5

    /// Stores the key record in the index.
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

    /// Logs what changed since the previous lookup, if this lookup is about to build because of it.
    ///
    /// - Parameter newest: the newest build in the registry, if this agent has no earlier lookup. The index stores it
    ///   as if it were one, for `docker-cache explain`
    func explainMiss(_ computed: ComputedKey, _ cause: BuildCause, newest: ImageRecord?) {
        guard [.newKey, .registryUnreachable, .indexUnavailable].contains(cause.reason) else { return }
        var record = record(of: computed)
        var last = index.attempt { try $0.keyRecords.previous(to: record) } ?? nil
        if last == nil, let newest, let stored = stored(newest, before: record) {
            last = stored
            index.attempt { try $0.keyRecords.save(stored) }
        }
        record.record = computed.record.bytes
        let explanation = Explanation(record, previous: last, now: record.seenAt) { _ in computed.dockerfile }
        guard let previous = explanation.previous, let miss = explanation.miss else { return }
        let age = Quantity.age(previous.seenAt, now: record.seenAt)
        let origin = previous.origin ?? "the last lookup of \(cache.image) with another key"
        surroundings.output.line("Since \(origin), \(age):")
        for line in miss.lines(limit: Self.shownChanges) { surroundings.output.line("  \(line)") }
    }

    /// The key record of the last lookup with a different key; nil if there was none on this agent.
    func previousRecord(of key: Key) -> StoredKeyRecord? {
        var record = record(of: key)
        record.seenAt = .max
        return index.attempt { try $0.keyRecords.previous(to: record) } ?? nil
    }

    /// The newest build in the registry, as the index stores it; nil if it is of the same key, or has no key record.
    private func stored(_ newest: ImageRecord, before record: StoredKeyRecord) -> StoredKeyRecord? {
        guard newest.key != record.key, let bytes = newest.keyRecord else { return nil }
        var stored = record
        stored.key = newest.key
        // The clock of the agent that built it may be ahead.
        stored.seenAt = min(newest.builtAt, record.seenAt - 1)
        stored.directory = []
        stored.record = Array(bytes)
        stored.origin = newest.origin
        return stored
    }

    /// The stored record without its content, which takes a moment to encode.
    private func record(of computed: ComputedKey) -> StoredKeyRecord { record(of: computed.key) }

    private func record(of key: Key) -> StoredKeyRecord {
        StoredKeyRecord(
            pipeline: job.pipeline,
            image: cache.image.description,
            key: key.description,
            directory: surroundings.workingDirectory.pathBytes,
            seenAt: surroundings.now(),
            record: []
        )
    }
}
