import Buildkite
import Host
import Logging
import Files
import Fingerprint
import PluginConfiguration
import Store
import SystemPackage

extension Lookup {
    /// How often the log says that we are still waiting.
    private static let noticeInterval = Duration.seconds(10)
    /// How often the lock is tried. Short, so that the others see at once when a builder is done or was killed. Anyone
    /// who had to wait did so for at least that long, which is how statistics know (migrations/0004_statistics.sql).
    private static let attemptInterval = Duration.milliseconds(100)

    /// Waits until no other process on this host works on the key, and takes the lock.
    ///
    /// Nil where no lock can be had: then two builds of the same image are the worst that can happen.
    func waitForLock(_ key: Key) async throws -> FileLock? {
        // Beside something that is no index, nothing is made.
        guard let path = index.opened?.path else { return nil }
        let holder = cache.isIsolated ? KeyLocks.Holder.untrusted : .anyone
        let clock = ContinuousClock()
        let began = clock.now
        var nextNotice = began
        do {
            while true {
                if let lock = try KeyLocks.attempt(key.description, holder, path) { return lock }
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
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            surroundings.log.warning(
                """
                \(KeyLocks.directory(path)) takes no lock: \(error). The lookup goes on without, and another process \
                may build the same image. Let this user write there, or name an index elsewhere with the option index.
                """
            )
            return nil
        }
    }
}

/// What a lookup that holds a lock is doing, for those who wait for it.
struct StageNote: Equatable {
    let stage: Stage
    /// Milliseconds since 1970.
    let since: Int64

    init(stage: Stage, since: Int64) { (self.stage, self.since) = (stage, since) }

    /// Reads what ``text`` writes; nil for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let stage = Stage(rawValue: String(words[0])),
            let since = words[1].last == "." ? Int64(words[1].dropLast()) : nil
        else { return nil }
        self.init(stage: stage, since: since)
    }

    /// The full stop says that it is whole.
    var text: String { "\(stage.rawValue) \(since)." }

    func sentence(now: Int64) -> String {
        let (elapsed, overflows) = now.subtractingReportingOverflow(since)
        let seconds = overflows ? 0 : max(0, elapsed / 1000)
        return "For \(seconds) s it has been \(stage.activity)."
    }
}

extension Stage {
    /// What is done in it.
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
