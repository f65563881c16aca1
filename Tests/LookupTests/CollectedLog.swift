import Logging
import Synchronization

/// Collects warnings and errors.
final class CollectedLog: Sendable {
    private let mutex = Mutex<[String]>([])

    var messages: [String] { mutex.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var logLevel = Logger.Level.warning
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
