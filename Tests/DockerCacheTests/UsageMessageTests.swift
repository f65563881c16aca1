import ArgumentParser
import Options
import Testing

@testable import DockerCache

/// What a mistake on the command line looks like.
@Suite struct UsageMessageTests {
    @Test(
        arguments: [
            ("stats --by foo", "--by is \"foo\": expected image, pipeline, branch, provider, reason or day.", "stats"),
            (
                "stats --max-size x", "--max-size is \"x\": expected a size such as 500MB, 20GB, 1.5TB or 10GiB.",
                "stats"
            ),
            ("explain --limit x", "--limit is \"x\": expected a whole number, at least 0.", "explain"),
            ("explain --limit=-1", "--limit is \"-1\": expected a whole number, at least 0.", "explain"),
            ("list --sort", "--sort needs a value.", "list"),
            ("list --srot age", "There is no option --srot. Did you mean --sort?", "list"),
            ("--verison", "There is no option --verison. Did you mean --version?", nil),
            ("run --verison", "There is no option --verison. Did you mean --version?", "run"),
            ("list a b", "Unexpected arguments: \"a\", \"b\".", "list"),
            ("list a", "Unexpected argument: \"a\".", "list"),
            (
                "run -t app npm test",
                "Unexpected arguments: \"npm\", \"test\". Write -- before the command: "
                    + "`docker-cache run … -- npm test`.", "run"
            ),
            ("inspect --verbose", "The argument <key> is missing.", "inspect"),
            ("inspect", "The argument <key> is missing.", "inspect"),
            ("hook pre-command", "--exports is required.", "hook pre-command"),
            ("run -t app --provider local --workdir /src", "--workdir needs a command to run, after --.", "run"),
            ("list --index EMPTY", "--index is empty: expected the path of a file.", "list"),
            ("stats --index EMPTY", "--index is empty: expected the path of a file.", "stats"),
        ] as [(String, String, String?)]
    )
    func aMistakeIsOneLineAndOneMoreNamesTheHelp(line: String, text: String, command: String?) {
        let arguments = line.split(separator: " ").map { $0 == "EMPTY" ? "" : String($0) }
        let error = #expect(throws: (any Error).self) {
            try NamedCommand(arguments).check()
            _ = try DockerCacheCommand.parseAsRoot(arguments)
        }
        let words = (["docker-cache"] + (command.map { [$0] } ?? [])).joined(separator: " ")
        #expect(error.flatMap { UsageMessage($0, arguments: arguments) }?.text == "\(text)\nSee '\(words) --help'.")
        #expect(error.map { DockerCacheCommand.exitCode(for: $0) } == ExitCode.validationFailure)
    }

    @Test(arguments: [
        ("runn", "\"runn\". Did you mean \"run\"? `docker-cache --help`"),
        ("frobnicate -x", "\"frobnicate\". `docker-cache --help`"),
        ("help stat", "\"stat\". Did you mean \"stats\"? `docker-cache --help`"),
        ("rn --help", "\"rn\". Did you mean \"run\"? `docker-cache --help`"), ("ls", "\"ls\". `docker-cache --help`"),
        ("foo", "\"foo\". `docker-cache --help`"),
        ("hook pre-comand", "\"hook pre-comand\". Did you mean \"pre-command\"? `docker-cache hook --help`"),
    ])
    func anUnknownCommandIsNamedWithTheNearest(line: String, words: String) {
        let error = #expect(throws: UnknownCommand.self) {
            try NamedCommand(line.split(separator: " ").map(String.init)).check()
        }
        let text = "There is no command \(words) lists the commands."
        #expect(error?.description == text)
        #expect(error?.exitStatus == 64)
        #expect(error.flatMap { UsageMessage($0, arguments: []) }?.text == text)
    }

    @Test(arguments: ["", "help", "help run", "help hook report", "--help", "run -- npm", "hook help", "explain 4478"])
    func aCommandThatThereIsNeedsNoMessage(line: String) throws {
        try NamedCommand(line.split(separator: " ").map(String.init)).check()
    }

    @Test func helpAndAnExitStatusNeedNoMessage() {
        #expect(UsageMessage(CleanExit.helpRequest(), arguments: []) == nil)
        #expect(UsageMessage(ExitCode(64), arguments: []) == nil)
    }

    @Test func aMessageOfAnUnknownFormStays() {
        #expect(UsageMessage.words(of: "Something else", runsCommand: false) == "Something else")
    }
}
