package import Logging
package import SystemPackage

/// The log for people: groups that Buildkite folds, and lines in them.
///
/// Each piece is written in one call, so that it is in order with docker's output to the same descriptor.
package struct LogOutput: Sendable {
    /// How Buildkite shows a group. https://buildkite.com/docs/pipelines/configure/managing-log-output
    package enum Group: String, Sendable {
        /// Routine work.
        case folded = "---"
        /// What failed.
        case open = "+++"
    }

    /// Where the log goes: standard output, or standard error if standard output is for a machine to read.
    package let descriptor: FileDescriptor

    private let isInBuildkite: Bool

    /// - Parameter isInBuildkite: whether Buildkite reads the log and folds groups; on a terminal, their marks would be
    ///   noise
    package init(to descriptor: FileDescriptor, isInBuildkite: Bool) {
        self.descriptor = descriptor
        self.isInBuildkite = isInBuildkite
    }

    /// Begins a group.
    package func group(_ group: Group, _ title: String) {
        line(isInBuildkite ? "\(group.rawValue) :docker: \(title)" : title)
    }

    /// Writes one line.
    package func line(_ text: String) {
        // A log without a reader (a closed pipe) must not stop the build.
        _ = try? descriptor.writeAll((text + "\n").utf8)
    }
}

/// Writes warnings, errors and, if requested, every command that is run to standard error, one line each.
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
        // If standard error is closed, there is no place to report that.
        _ = try? FileDescriptor.standardError.writeAll("\(prefix)\(event.message)\n".utf8)
    }
}
