package import Logging
import Synchronization

/// Collects the messages of a logger.
package final class CollectedLog: Sendable {
    private let level: Logger.Level
    private let mutex = Mutex<[String]>([])

    /// - Parameter level: the lowest level that is collected
    package init(_ level: Logger.Level = .warning) {
        self.level = level
    }

    package var messages: [String] { mutex.withLock { $0 } }

    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self, logLevel: self.level) } }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var logLevel: Logger.Level
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.mutex.withLock { $0.append("\(event.message)") }
        }
    }
}
