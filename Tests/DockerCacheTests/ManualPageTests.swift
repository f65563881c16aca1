import ArgumentParser
import Testing

@testable import DockerCache

@Suite struct ManualPageTests {
    @Test func everyLineOfEveryHelpIsInThePage() {
        let page = ManualPage.text(of: DockerCacheCommand.self, version: "1.2.3")
        #expect(page.hasPrefix(".TH DOCKER\\-CACHE 1 \"\" \"docker\\-cache 1.2.3\" \"User Commands\"\n.SH NAME\n"))
        #expect(page.contains(".SH \"docker\\-cache hook pre\\-command\"\n"))
        let lines = Set(page.split(separator: "\n"))
        for command in Commands.all {
            for line in DockerCacheCommand.helpMessage(for: command, columns: 73).split(separator: "\n") {
                #expect(lines.contains(ManualPage.escaped(line)[...]), "\(line)")
            }
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\\b", "a\\eb"), ("--a 'b' `c`", "\\-\\-a \\(aqb\\(aq \\(gac\\(ga"),
        ("$~ ^ · 😀", "$\\(ti \\(ha \\[u00B7] \\[u1F600]"),
    ])
    func whatRoffWouldActOnIsEscaped(text: String, expected: String) {
        #expect(ManualPage.escaped(text) == expected)
    }
}
