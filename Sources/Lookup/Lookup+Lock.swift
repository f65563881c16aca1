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
    /// How often the lock is tried. Short, so that the others see at once when a builder is done or was killed. Whoever
    /// had to wait did so for at least that long, which is how statistics know (migrations/0004_statistics.sql).
    private static let attemptInterval = Duration.milliseconds(100)

    /// Waits until no other process on this host works on the key, and takes the lock.
    ///
    /// Nil where no lock can be had: then two builds of the same image are the worst that can happen.
    func waitForLock(_ key: Key) async throws -> FileLock? {
        // Beside something that is no index, nothing is made.
        guard let path = index.opened?.path else { return nil }
        let clock = ContinuousClock()
        let began = clock.now
        var nextNotice = began
        do {
            while true {
                if let lock = try KeyLocks.attempt(key.description, path) { return lock }
                if clock.now >= nextNotice {
                    nextNotice = clock.now.advanced(by: Self.noticeInterval)
                    surroundings.output.line(
                        "Waiting for another process on this host that is getting \(cache.image):\(key) "
                            + "(\((clock.now - began).components.seconds) s so far)."
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
