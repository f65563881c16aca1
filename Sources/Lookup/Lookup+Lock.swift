import Buildkite
import Host
import Logging
import Files
import Fingerprint
import PluginConfiguration
import Store
import SystemPackage

extension Lookup {
    /// The interval between log messages while waiting.
    private static let noticeInterval = Duration.seconds(10)
    /// The interval between attempts to take the lock. Short, so that waiting lookups notice at once when a build ends
    /// or is killed. A lookup that has to wait does so for at least this long, which is how statistics detect it
    /// (migrations/0004_statistics.sql).
    private static let attemptInterval = Duration.milliseconds(100)

    /// Waits until no other process on this host works on the key, and takes the lock.
    ///
    /// Returns nil if the lock is not available. At worst, two processes then build the same image.
    func waitForLock(_ key: Key) async throws -> FileLock? {
        // Without a valid index, no lock files are created.
        guard let path = index.opened?.path else { return nil }
        let holder = cache.isIsolated ? KeyLocks.Holder.untrusted : .anyone
        do {
            if let lock = try KeyLocks.attempt(key.description, holder, path) { return lock }
            return try await trace.measure(.wait) { try await waitForLock(key, holder, path) }
        } catch let error as CancellationError {
            throw error
        } catch {
            surroundings.log.warning(
                """
                \(KeyLocks.directory(path)) cannot be locked: \(error). Continuing without a lock: another process \
                may build the same image. Let this user write there, or name an index elsewhere with the option index.
                """
            )
            return nil
        }
    }

    private func waitForLock(_ key: Key, _ holder: KeyLocks.Holder, _ path: FilePath) async throws -> FileLock {
        let clock = ContinuousClock()
        let began = clock.now
        var nextNotice = began
        while true {
            if clock.now >= nextNotice {
                nextNotice = clock.now.advanced(by: Self.noticeInterval)
                let waited = (clock.now - began).components.seconds
                let note = StageNote(KeyLocks.note(key.description, holder, path))
                surroundings.output.line(
                    "Waiting for another process on this host that is getting \(cache.image):\(key) "
                        + "(\(waited) s so far)." + (note.map { " \($0.sentence(now: surroundings.now()))" } ?? "")
                )
            }
            try await clock.sleep(for: Self.attemptInterval)
            if let lock = try KeyLocks.attempt(key.description, holder, path) { return lock }
        }
    }
}

/// The current stage of a lookup that holds a lock, for the lookups that wait for it.
struct StageNote: Equatable {
    let stage: Stage
    /// When the stage began, in milliseconds since 1970.
    let since: Int64

    init(stage: Stage, since: Int64) { (self.stage, self.since) = (stage, since) }

    /// Parses the format of ``text``. Returns nil for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let stage = Stage(rawValue: String(words[0])),
            let since = words[1].last == "." ? Int64(words[1].dropLast()) : nil
        else { return nil }
        self.init(stage: stage, since: since)
    }

    /// The format of the note. The full stop shows that it was written completely.
    var text: String { "\(stage.rawValue) \(since)." }

    func sentence(now: Int64) -> String {
        let (elapsed, overflows) = now.subtractingReportingOverflow(since)
        let seconds = overflows ? 0 : max(0, elapsed / 1000)
        return "For \(seconds) s it has been \(stage.activity)."
    }
}

extension Stage {
    /// The stage's activity, for messages.
    fileprivate var activity: String {
        switch self {
        case .fingerprint: "reading what goes into the image"
        case .lookup: "looking for the image on this agent"
        case .wait: "waiting for a lock"
        case .pull: "taking the image, or its layers, from the registry"
        case .build: "building the image"
        case .save: "saving the image in the registry"
        }
    }
}
