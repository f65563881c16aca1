import ArgumentParser
import Buildkite
import Options
import Testing

@testable import DockerCache
@testable import PluginConfiguration

@Suite struct ManualPageTests {
    private static func page() throws -> String {
        ManualPage(command: try CommandDescription(of: DockerCacheCommand.self), version: "1.2.3").text
    }

    @Test func everyCommandAndEveryOptionIsInThePage() throws {
        let page = try Self.page()
        #expect(page.hasPrefix(".TH \"DOCKER\\-CACHE\" 1 \"\" \"docker\\-cache 1.2.3\" \"User Commands\"\n.SH NAME\n"))
        for name in ["run", "key", "explain", "context", "stats", "doctor", "hook pre-command"] {
            #expect(page.contains(".SS \"docker\\-cache \(RoffText.escaped(name))\"\n"), "\(name)")
        }
        for option in OptionTable.all {
            #expect(page.contains("\\fB\(RoffText.escaped("--" + option.argument))\\fR"), "\(option.name)")
        }
    }

    @Test func groupsThatCommandsShareAreToldOfOnce() throws {
        let page = try Self.page()
        #expect(page.ranges(of: "\\fB\\-\\-registry\\-password\\fR").count == 1)
        #expect(page.contains("Providers: the options of docker\\-cache run."))
    }

    @Test(arguments: [
        ("plain", ["plain"]), (".dockerignore", ["\\&.dockerignore"]), ("a\\b", ["a\\eb"]),
        ("--a 'b' `c`", ["\\-\\-a \\(aqb\\(aq \\(gac\\(ga"]),
        ("$~ ^ · 😀", ["$\\(ti \\(ha \\[u00B7] \\[u1F600]"]), ("'x", ["\\(aqx"]),
        ("a\n\nb", ["a", ".PP", "b"]),
        ("Example:\n  run \\\n    it\nend", ["Example:", ".PP\n.EX", "  run \\e", "    it", ".EE", "end"]),
        ("Example:\n  run", ["Example:", ".PP\n.EX", "  run", ".EE"]),
    ])
    func whatRoffWouldActOnIsEscaped(text: String, expected: [String]) {
        #expect(RoffText.paragraphs(text) == expected)
    }
}
