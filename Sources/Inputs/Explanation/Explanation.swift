import Fingerprint
import Formatting
package import Store

/// A comparison of a lookup's key with the previous one.
package struct Explanation {
    package let seen: StoredKeyRecord
    /// The last lookup with the key; nil if it was not recorded.
    package let event: Event?
    package let previous: StoredKeyRecord?
    /// Nil if there is nothing to compare with, or if the stored record cannot be read.
    package let miss: MissExplanation?
    /// Milliseconds since 1970.
    let now: Int64

    /// Compares with the previous lookup in the index.
    ///
    /// - Parameter dockerfile: reads the Dockerfile at a path, to show its lines; nil if it cannot be read
    package init(
        _ seen: StoredKeyRecord,
        _ index: Index,
        now: Int64,
        dockerfile: (_ path: [UInt8]) -> [UInt8]?
    ) throws {
        self.init(
            seen,
            previous: try index.keyRecords.previous(to: seen),
            event: try index.events.last(key: seen.key, image: seen.image),
            now: now,
            dockerfile: dockerfile
        )
    }

    package init(
        _ seen: StoredKeyRecord,
        previous: StoredKeyRecord?,
        event: Event? = nil,
        now: Int64,
        dockerfile: (_ path: [UInt8]) -> [UInt8]?
    ) {
        self.seen = seen
        self.previous = previous
        self.event = event
        self.now = now
        if let old = previous.flatMap({ KeyRecord(bytes: $0.record) }), let new = KeyRecord(bytes: seen.record) {
            miss = MissExplanation(from: old, to: new, dockerfile: dockerfile(new.dockerfilePath) ?? [])
        } else {
            miss = nil
        }
    }

    /// Lines for a terminal.
    package func lines(limit: Int) -> [String] {
        var lines = ["\(seen.image)\(seen.pipeline.map { " in the pipeline \($0)" } ?? "")"]
        lines.append("Key \(seen.key), \(Quantity.age(seen.seenAt, now: now))\(outcome)")
        guard let previous else {
            return lines + ["The index has no earlier lookup of it, so there is nothing to compare."]
        }
        let origin = previous.origin.map { ": \($0), as the registry says" } ?? ""
        lines.append("Before it \(previous.key), \(Quantity.age(previous.seenAt, now: now))\(origin)")
        guard let miss else { return lines + ["What the index kept of the two cannot be compared."] }
        return lines + miss.lines(limit: limit)
    }

    private var outcome: String {
        guard let event else { return "" }
        let why = event.reason.map { ", \($0.rawValue): \($0.explanation)" }
        return ": \(event.outcome.rawValue)\(why ?? "")"
    }

    /// The output of `--format json`.
    package struct Report: Encodable {
        let image: String
        let pipeline: String?
        let key: String
        /// Milliseconds since 1970.
        let seenAt: Int64
        let outcome: String?
        let reason: String?
        let previousKey: String?
        let previousSeenAt: Int64?
        /// The build that the registry names; nil for a lookup on this agent.
        let previousOrigin: String?
        /// Nil if there is nothing to compare.
        let changes: Changes?
    }

    package struct Changes: Encodable {
        /// The names of the components of the key that differ.
        let components: [String]
        let filesChanged, filesAdded, filesRemoved: [String]
        /// Line numbers, starting at 1.
        let newLines: [Int]
        let goneLines: Int
        let argumentsChanged, argumentsAdded, argumentsRemoved: [String]

        init(_ difference: KeyDifference) {
            func names(_ list: [[UInt8]]) -> [String] { list.map { String(decoding: $0, as: UTF8.self) } }
            components = difference.components
            filesChanged = difference.files.changed.map(EscapedPath.text)
            filesAdded = difference.files.added.map(EscapedPath.text)
            filesRemoved = difference.files.removed.map(EscapedPath.text)
            newLines = difference.newLines
            goneLines = difference.goneLines
            argumentsChanged = names(difference.arguments.changed)
            argumentsAdded = names(difference.arguments.added)
            argumentsRemoved = names(difference.arguments.removed)
        }
    }

    package var report: Report {
        Report(
            image: seen.image,
            pipeline: seen.pipeline,
            key: seen.key,
            seenAt: seen.seenAt,
            outcome: event?.outcome.rawValue,
            reason: event?.reason?.rawValue,
            previousKey: previous?.key,
            previousSeenAt: previous?.seenAt,
            previousOrigin: previous?.origin,
            changes: miss.map { Changes($0.difference) }
        )
    }
}
