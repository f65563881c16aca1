import ArgumentParser
import Host

/// `docker-cache manual`: the manual page, as `script/build --install` puts it where man(1) finds it.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            It is made of the same definitions as --help, for man(7).

            Example:
              docker-cache manual | man -l -
            """
    )

    func run() throws {
        let page = ManualPage(
            command: try CommandDescription(of: DockerCacheCommand.self),
            version: ProductVersion.current
        )
        TextOutput.line(String(page.text.dropLast()))
    }
}
