import ArgumentParser
import CNameService
import Formatting
import Garbage
import Host

/// The command line. Each subcommand is a file in `Commands/`.
@main
struct DockerCacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docker-cache",
        abstract: "Gives a step its Docker image without building it when nothing that goes into it has changed.",
        discussion: """
            Example:
              docker-cache run --image my-app --provider local

            The exit status is 0 if all went well, 64 for a wrong configuration, \
            the builder's own if the build failed, and 1 for anything else.
            """,
        version: ProductVersion.current,
        subcommands: [
            RunCommand.self, KeyCommand.self, ExplainCommand.self, ContextCommand.self, StatsCommand.self,
            ListCommand.self, InspectCommand.self, PublishedCommand.self, ForgetCommand.self, GCCommand.self,
            DoctorCommand.self, ManualCommand.self,
            HookCommand.self,
        ]
    )

    static func main() async {
        name_service_use_builtin_modules()
        FetchedBinary.noteUse(of: Surroundings.executable, now: Timestamp.now)
        await CancellationSignal.cancelling {
            do {
                var command = try parseAsRoot()
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch {
                exit(withError: error)
            }
        }
    }
}
