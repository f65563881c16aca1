import ArgumentParser
import Buildkite
import Host
import Options
import PluginConfiguration
import Processes
import SystemPackage

/// `docker-cache hook`: the commands that the plugin's hooks run. Options come from the agent's variables.
struct HookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Do the work of one of the plugin's hooks.",
        discussion: """
            Reads options from the variables that the Buildkite agent sets, such as \
            BUILDKITE_PLUGIN_DOCKER_CACHE_IMAGE.

            Example:
              docker-cache hook pre-command --exports /tmp/exports
            """,
        subcommands: [EnvironmentHook.self, PreCommandHook.self, ReportHook.self]
    )
}

/// Validates the configuration and does nothing else: the `environment` hook runs before the checkout.
struct EnvironmentHook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment",
        abstract: "Check the plugin's configuration, before the checkout.",
        discussion: """
            Example:
              docker-cache hook environment
            """
    )

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardOutput, verbose: false)
        try await CommandRunner.run(surroundings) {
            let options = try PluginOptions.read(OptionTable.all, from: surroundings.environment)
            try OptionCheck.run(options, environment: surroundings.environment)
        }
    }
}

/// Does the lookup and writes the variables for the step.
struct PreCommandHook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pre-command",
        abstract: "Get the image, and write the variables for the step.",
        discussion: """
            Example:
              docker-cache hook pre-command --exports /tmp/exports && . /tmp/exports
            """
    )

    @Option(help: "File for the step's variables, as lines for a shell to source.", completion: .file())
    var exports: String

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardOutput, verbose: false)
        try await CommandRunner.run(surroundings) {
            let options = try PluginOptions.read(OptionTable.all, from: surroundings.environment)
            let isVerbose = try options.boolean(OptionTable.verbose)
            let ofJob = Surroundings.current(logTo: .standardOutput, verbose: isVerbose).inLogOfJob
            _ = try await LookupSession.run(options, exports: exports, ofJob)
        }
    }
}

/// Sends the spans of a lookup for the `pre-command` hook, which does not wait for a server that is far away.
struct ReportHook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Send the spans of a lookup, in the background.",
        discussion: """
            The pre-command hook runs this command if the collector is too far away to wait for. \
            Standard input is the message.

            Example:
              docker-cache hook report <message
            """
    )

    @Option(help: "Index for the reason if the spans are not accepted.", completion: .file())
    var index: String?

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: false)
        let telemetry = LookupTelemetry(surroundings, isInBackground: true)
        let memory = IndexMemory(at: index.map { FilePath($0) }, now: surroundings.now, log: surroundings.log)
        await telemetry.report(try FileDescriptor.standardInput.readToEnd(), remembering: memory)
    }
}
