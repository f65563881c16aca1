import ArgumentParser
import CNameService
import Formatting
import Garbage
import Host
import Logging
import Options
import SystemPackage

/// The command line. Each subcommand is a file in `Commands/`.
@main
struct DockerCacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docker-cache",
        abstract: "Give a step its Docker image without building it, if its inputs have not changed.",
        discussion: """
            Examples:
              docker-cache run -t my-app --provider local
              docker-cache run -t my-app --provider local -- npm test

            The exit status is 0 on success, 64 for a wrong configuration, the builder's own \
            if the build failed, and 1 for anything else.
            """,
        version: ProductVersion.current,
        // The most important commands come first.
        subcommands: [
            RunCommand.self, ExplainCommand.self, StatsCommand.self, DoctorCommand.self, GCCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Image",
                subcommands: [ListCommand.self, InspectCommand.self, ForgetCommand.self, PublishedCommand.self]
            ),
            CommandGroup(name: "Key", subcommands: [KeyCommand.self, ContextCommand.self]),
            CommandGroup(name: "Other", subcommands: [ManualCommand.self, HookCommand.self]),
        ]
    )

    static func main() async {
        name_service_use_builtin_modules()
        FetchedBinary.noteUse(of: Surroundings.executable, now: Timestamp.now)
        await CancellationSignal.cancelling {
            let arguments = Array(CommandLine.arguments.dropFirst())
            do {
                try NamedCommand(arguments).check()
                var command = try parseAsRoot(arguments)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch {
                guard let message = UsageMessage(error, arguments: arguments) else { exit(withError: error) }
                Surroundings.current(logTo: .standardError, verbose: false).log.error("\(message.text)")
                let status = (error as? any ErrorWithExitStatus).map { ExitCode($0.exitStatus) }
                exit(withError: status ?? exitCode(for: error))
            }
        }
    }
}
