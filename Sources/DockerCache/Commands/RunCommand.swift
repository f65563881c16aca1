import Fingerprint
import Host
import Images
import ArgumentParser
import Buildkite
import Docker
import Lookup
import Options
import Store

/// `docker-cache run`: one lookup, for people at a terminal and for other CI systems.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Get an image: from this machine, from the registry, or by building it.",
        discussion: """
            The image is then in the Docker daemon as IMAGE:KEY.

            Examples:
              docker-cache run --image my-app --provider local
              docker-cache run --image api --provider local --context services/api \\
                --target test --build-arg NODE_ENV=test
              docker-cache run --image my-app --provider registry \\
                --registry-url registry.example.com/team
              docker-cache run --image my-app --provider local --exports /tmp/vars &&
                . /tmp/vars && docker run --rm "$BUILDKITE_PLUGIN_DOCKER_IMAGE"
            """
    )

    @Option(
        help: "A file to write variables to, as lines for a shell to evaluate: the image and how it was found.",
        completion: .file()
    )
    var exports: String?

    @OptionGroup(title: "Image and cache") var cache: OptionArguments<CacheOptions>
    @OptionGroup(title: "Providers") var providers: OptionArguments<ProviderOptions>
    @OptionGroup(title: "What goes into the key") var inputs: OptionArguments<InputOptions>
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: common.format.logDestination, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let result = try await LookupSession.run(options, exports: exports, surroundings)
            if common.format == .json { try JSONOutput.print(Report(result)) }
        }
    }

    /// What was given.
    var options: OptionValues {
        var options = OptionValues(origin: .commandLine)
        cache.add(to: &options)
        providers.add(to: &options)
        inputs.add(to: &options)
        common.add(to: &options)
        return options
    }

    /// What `--format json` prints.
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
            image = result.image.description
            imageID = result.imageID
            imageBytes = result.imageBytes
            key = result.key?.description
            digest = result.digest
        }
    }
}
