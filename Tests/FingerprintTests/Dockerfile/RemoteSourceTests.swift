@testable import Fingerprint
import Testing

/// The remote sources of `ADD`.
@Suite struct RemoteSourceTests {
    private static let commit = String(repeating: "0123456789", count: 4)
    private static let digest = "sha256:" + String(repeating: "0", count: 64)

    private func remote(_ text: String, arguments: [String] = []) -> [String] {
        let parameters = DockerfileParameters(
            target: nil,
            buildArguments: BuildArgument.resolve(arguments, environment: [:]),
            platform: "linux/amd64"
        )
        return RemoteSource.all(in: Array(text.utf8), parameters: parameters).map {
            "\($0.line) \($0.kind) \($0.source)\($0.isFixed ? " fixed" : "")\($0.isResolved ? "" : " unresolved")"
        }
    }

    @Test(arguments: [
        ("ADD https://a.b/c HTTP://a.b/c http://a.b/d /", ["2 url https://a.b/c", "2 url http://a.b/d"]),
        ("ADD --checksum=\(digest) https://a.b/c /", ["2 url https://a.b/c fixed"]),
        ("ADD --checksum=sha256:0 https://a.b/c /", ["2 url https://a.b/c"]),
        ("ARG S=\(digest)\nADD --checksum=$S https://a.b/c /", ["3 url https://a.b/c fixed"]),
        ("ADD --checksum=$S https://a.b/c /", ["2 url https://a.b/c"]),
        ("ADD git@a.b:c/d.git /", ["2 git git@a.b:c/d.git"]),
        ("ADD git@a.b:c/d /", ["2 git git@a.b:c/d"]), ("ADD @a.b:c a@b:c/d /", ["2 git a@b:c/d"]),
        ("ADD ssh://git@a.b/c git://a.b/c ftp://a.b/c /", ["2 git ssh://git@a.b/c", "2 git git://a.b/c"]),
        ("ADD https://a.b/c.git#v1 /", ["2 git https://a.b/c.git#v1"]),
        ("ADD https://a.b/c.git.zip /", ["2 url https://a.b/c.git.zip"]),
        ("ADD https://a.b/c.git#\(commit):d /", ["2 git https://a.b/c.git#\(commit):d fixed"]),
        ("ADD https://a.b/c.git#0123456 /", ["2 git https://a.b/c.git#0123456"]),
        ("ADD https://a.b/c.git?ref=\(commit) /", ["2 git https://a.b/c.git?ref=\(commit) fixed"]),
        ("ADD --checksum=\(commit) https://a.b/c.git#v1 /", ["2 git https://a.b/c.git#v1 fixed"]),
        ("ADD github.com/a/b a b/c.git /", []),
        ("ARG V=1\nADD https://a.b/$V.tgz /", ["3 url https://a.b/1.tgz"]),
        ("ARG U=https://a.b\nADD $U/x /", ["3 url https://a.b/x"]),
        ("ARG BUILDARCH\nADD https://a.b/$BUILDARCH /", ["3 url https://a.b/$BUILDARCH unresolved"]),
        ("COPY https://a.b/c /", []), ("ADD <<E https://a.b/c /\nx\nE", ["2 url https://a.b/c"]),
        ("ADD [\"https://a.b/c\", \"/\"]", ["2 url https://a.b/c"]),
    ])
    func remoteSourcesAreFound(_ instruction: String, _ expected: [String]) {
        #expect(remote("FROM scratch\n\(instruction)") == expected)
    }

    @Test func onlyThoseOfNeededStagesCount() {
        let two = "FROM scratch AS a\nADD https://a.b/c /\nFROM scratch\nADD https://a.b/d /"
        #expect(remote(two) == ["4 url https://a.b/d"])
        #expect(remote("FROM scratch AS a\nONBUILD ADD https://a.b/c /\nFROM a") == ["2 url https://a.b/c"])
    }

    @Test(arguments: [
        "FROM scratch\nADD https://a.b/c /\nCOPY a\\\\*b /", "FROM scratch\nADD https://a.b/c /\nFORM x",
        "# syntax=a/b\nFROM scratch\nADD https://a.b/c /", "FROM $x\nADD https://a.b/c /",
    ])
    func whereTheWholeContextCountsTheyAreFoundToo(_ text: String) {
        #expect(Dockerfiles().precise(text) == nil)
        #expect(remote(text).count == 1)
    }

    @Test func aRepositoryIsTakenApart() {
        func parts(_ source: String) -> [String?] {
            let text = "FROM scratch\nADD \(source) /"
            let found = Dockerfiles().precise(text)?.remoteSources.first
            return [found?.repository, found?.reference]
        }
        #expect(parts("https://a.b/c.git") == ["https://a.b/c.git", nil])
        #expect(parts("https://a.b/c.git#v1:d") == ["https://a.b/c.git", "v1"])
        #expect(parts("git@a.b:c?tag=v1&subdir=x") == ["git@a.b:c", "refs/tags/v1"])
        #expect(parts("ssh://a.b/c?branch=main") == ["ssh://a.b/c", "refs/heads/main"])
        #expect(parts("https://a.b/c") == [nil, nil])
    }

    /// An argument's value may be a password, so the Dockerfile's own words are printed.
    @Test func whatIsPrintedHoldsNoValueOfAnArgument() throws {
        let text = "FROM scratch\nARG T\nADD https://$T@a.b/c /"
        let found = try #require(Dockerfiles(arguments: ["T=secret"]).precise(text)?.remoteSources.first)
        #expect(found.written == "https://$T@a.b/c")
        #expect(found.source == "https://secret@a.b/c")
    }
}
