import Host
import Logging
import ArgumentParser
import Buildkite
import Lookup
import Options

/// Runs the body of a command, and turns errors into a message and an exit status.
enum CommandRunner {
    /// - Parameters:
    ///   - surroundings: where messages go
    ///   - body: the command
    static func run(_ surroundings: Surroundings, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            if let status = CancellationSignal.exitStatus {
                surroundings.log.error("Cancelled.")
                throw ExitCode(status)
            }
            if error is BuildFailure {
                surroundings.output.group(.open, "docker-cache could not build the image")
            }
            surroundings.log.error("\(error)")
            throw ExitCode(ExitStatus.of(error))
        }
    }
}
