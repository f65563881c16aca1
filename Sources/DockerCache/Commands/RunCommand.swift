import Fingerprint
import Host
import Images
import ArgumentParser
import Buildkite
import Docker
import Lookup
import Options
import Store
import SystemPackage

/// `docker-cache run`: one lookup, for people at a terminal and for other CI systems.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Get an image from this machine or the registry, or build it.",
        usage: "docker-cache run [<options>] [-- <command> ...]",
        discussion: """
            The image is then in the Docker daemon as IMAGE:KEY. A command after -- runs in it, \
            as with docker run --rm. The exit status is then that of the command.

            Examples:
              docker-cache run -t my-app --provider local
              docker-cache run -t my-app --provider local -- npm test
              docker-cache run -t api --provider local --context api --target test
              docker-cache run -t my-app --provider ecr --ecr-region eu-central-1
              docker-cache run -t my-app --provider local --exports /tmp/vars
            """
    )

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Option(
            name: [.customShort("w"), .long],
            help: "Working directory of the command in the container. Default: that of the image."
        )
        var workdir: String?

        @Option(
            help: "File for the variables that a step gets, as lines for a shell to source.",
            completion: .file()
        )
        var exports: String?
    }

    @Argument(parsing: .postTerminator, help: "Command to run in the image, after --.")
    var command: [String] = []

    @OptionGroup(title: "Run") var own: Own
    @OptionGroup var lookup: LookupArguments
    @OptionGroup(title: "Common") var common: CommonArguments

    func validate() throws {
        if own.workdir != nil, command.isEmpty {
            throw ValidationError("--workdir needs a command to run, after --.")
        }
        if common.format == .json, !command.isEmpty {
            throw ValidationError("--format json prints the lookup alone. Leave out --format or the command.")
        }
    }

    func run() async throws {
        let surroundings = Surroundings.current(logTo: common.format.logDestination, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let result = try await LookupSession.run(options, exports: own.exports, surroundings)
            if common.format == .json { try JSONOutput.print(Report(result)) }
            if !command.isEmpty { try runCommand(in: result.reference, surroundings) }
        }
    }

    private func runCommand(in image: String, _ surroundings: Surroundings) throws {
        try Task.checkCancellation()
        let container = ContainerRun(
            image: image,
            command: command,
            workingDirectory: own.workdir,
            isTerminal: Terminal.isTerminal(.standardInput) && Terminal.isTerminal(.standardOutput)
        )
        let docker = try DockerClient(environment: surroundings.environment, log: surroundings.log).executable
        try container.replaceProcess(docker: docker, environment: surroundings.environment)
    }

    /// The given options.
    var options: OptionValues {
        var options = OptionValues(origin: .commandLine)
        lookup.add(to: &options)
        common.add(to: &options)
        return options
    }

    /// The output of `--format json`.
    private struct Report: Encodable {
        let outcome: String
        let reason: String?
        let hit: Bool
        let image: String
        let imageID: String?
        let imageBytes: Int64?
        let key: String?
        let digest: String?

        init(_ result: LookupResult) {
            outcome = result.outcome.rawValue
            reason = result.reason?.rawValue
            hit = result.isHit
            image = result.reference
            imageID = result.imageID
            imageBytes = result.imageBytes
            key = result.key?.description
            digest = result.digest
        }
    }
}
