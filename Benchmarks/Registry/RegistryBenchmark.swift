import FoundationEssentials
import Images
import Logging
import Registry

/// The program of `script/benchmark lookup`. Each process sends one query to a registry, as a lookup does.
///
///     RegistryBenchmark age REFERENCE          whether the image exists, and when it was built
///     RegistryBenchmark move REFERENCE TAG     the steps after a push: read the pushed manifest, move a tag to it
@main
struct RegistryBenchmark {
    enum Failure: Error {
        case usage
        case notThere(String)
    }

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2 else { throw Failure.usage }
        let reference = try RegistryReference(arguments[1])
        try await RegistryClient.withClient(
            for: RegistryEndpoint(of: reference.repository),
            settings: RegistrySettings(environment: ProcessInfo.processInfo.environment),
            time: .ofThisMachine(),
            log: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() },
            credentials: { _ in nil }
        ) { client in
            switch arguments[0] {
            case "age":
                guard let image = try await client.image(reference, platform: .thisMachine) else {
                    throw Failure.notThere(arguments[1])
                }
                print(image.configuration.labels["io.docker-cache.built-at"] ?? image.configuration.created ?? "")
            case "move" where arguments.count == 3:
                guard let manifest = try await client.manifest(of: reference) else {
                    throw Failure.notThere(arguments[1])
                }
                try await client.putTag(
                    manifest,
                    as: ImageReference(repository: reference.repository, tag: arguments[2])
                )
            default:
                throw Failure.usage
            }
        }
    }
}
