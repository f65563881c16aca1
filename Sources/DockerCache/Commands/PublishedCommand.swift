import ArgumentParser
import Host
import PluginConfiguration
import SystemPackage

/// `docker-cache published`: the image that an earlier step of the build has published.
struct PublishedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "published",
        abstract: "Print the reference of an image that an earlier step published.",
        discussion: """
            A step with the option publish writes the image's digest reference to the build's \
            meta-data. Later steps of the build read it, on any agent and without a checkout.

            Examples:
              docker-cache published my-app
              docker run --rm "$(docker-cache published my-app)" npm test
            """
    )

    @Argument(help: "Name under which the image was published.")
    var name: String

    func validate() throws {
        guard FurtherNames.isWellFormed(publishedName: name) else {
            throw ValidationError(
                "\"\(name)\" is not a name of a published image: expected letters, digits, \".\", \"_\" and \"-\"."
            )
        }
    }

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: false)
        try await CommandRunner.run(surroundings) {
            let reference = try await PublishedImage(name: name).read(surroundings)
            try TextOutput.line(reference)
        }
    }
}
