import ArgumentParser

@main
struct DockerCacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "docker-cache")
}
