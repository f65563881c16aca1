import ArgumentParser
import Options
import Testing

@testable import DockerCache
@testable import PluginConfiguration

@Suite struct ContainerRunTests {
    @Test(
        arguments: [
            (["npm", "test"], nil, false, ["run", "--rm", "--interactive", "app:1", "npm", "test"]),
            (["sh"], "/src", true, ["run", "--rm", "--interactive", "--tty", "--workdir", "/src", "app:1", "sh"]),
            (["--help"], nil, false, ["run", "--rm", "--interactive", "app:1", "--help"]),
        ] as [([String], String?, Bool, [String])]
    )
    func dockerGetsTheCommandAfterTheImage(
        command: [String],
        directory: String?,
        isTerminal: Bool,
        arguments: [String]
    ) {
        let container = ContainerRun(
            image: "app:1",
            command: command,
            workingDirectory: directory,
            isTerminal: isTerminal
        )
        #expect(container.arguments == arguments)
    }

    @Test func whatStandsBehindTheTwoHyphensIsTheCommand() throws {
        let command = try RunCommand.parse(["-t", "app", "-f", "a/Dockerfile", "--", "npm", "--save", "--", "x"])
        #expect(command.command == ["npm", "--save", "--", "x"])
        #expect(command.options.list(OptionTable.image) == ["app"])
        #expect(command.options.list(OptionTable.dockerfile) == ["a/Dockerfile"])
        #expect(command.options.list(OptionTable.save).isEmpty)
    }

    @Test(arguments: [
        (["--workdir", "/src"], "--workdir needs a command"),
        (["--format", "json", "--", "npm"], "Leave out --format or the command"),
    ])
    func whatDoesNotGoTogetherIsRefused(arguments: [String], message: String) {
        #expect {
            try RunCommand.parse(arguments)
        } throws: {
            RunCommand.message(for: $0).contains(message)
        }
    }
}
