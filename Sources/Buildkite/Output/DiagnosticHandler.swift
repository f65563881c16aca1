package import Logging
import SystemPackage

/// Writes warnings, errors and, when asked for, every command as it is run, to standard error, one line each.
package struct DiagnosticHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    package init(logLevel: Logger.Level) {
        self.logLevel = logLevel
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let prefix =
            switch event.level {
            case .trace, .debug, .info, .notice: "docker-cache: "
            case .warning: "docker-cache: warning: "
            case .error, .critical: "docker-cache: error: "
            }
        // Nothing is left to tell it to when standard error is closed.
        _ = try? FileDescriptor.standardError.writeAll("\(prefix)\(event.message)\n".utf8)
    }
}
