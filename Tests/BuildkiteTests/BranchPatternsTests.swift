import Testing

@testable import Buildkite

@Suite struct BranchPatternsTests {
    /// The first cases are the examples of Buildkite's own page on branch filters.
    @Test(arguments: [
        ("main", "main", true),
        ("main", "maintenance", false),
        ("!production", "main", true),
        ("!production", "production", false),
        ("main features/*", "main", true),
        ("main features/*", "features/new", true),
        ("main features/*", "feature", false),
        ("*-test", "rspec-test", true),
        ("*-test", "rspec-test-2", false),
        ("stages/* !stages/production", "stages/staging", true),
        ("stages/* !stages/production", "stages/production", false),
        ("*", "any/thing at all", true),
        ("release/*", "release/2026/11", true),
        ("release/*", "release", false),
        ("release/*", "release/", true),
        ("!*", "main", false),
        ("!a* !*z", "bcd", true),
        ("!a* !*z", "abc", false),
        ("!a* !*z", "xyz", false),
        ("main !main", "main", false),
        ("Main", "main", false),
        ("a*b*c", "a1b2c", true),
        ("a*b*c", "abcb", false),
        ("a**c", "ac", true),
        ("ma?n", "main", false),
        ("[m]ain", "main", false),
        ("gh-readonly-queue/main/*", "gh-readonly-queue/main/pr-7-0f3c", true),
        ("main", "gh-readonly-queue/main/pr-7-0f3c", false),
        ("ünïcode/*", "ünïcode/ä", true),
        // Git allows no colon in a branch name.
        ("tag:v*", "tag:v1", false),
        ("tag:v*", "v1", false),
        ("main tag:v*", "main", true),
        // One pattern that includes, of whatever kind: nothing else is included.
        ("tag:v* !wip/*", "feature", false),
        ("tag:v* !wip/*", "wip/a", false),
        ("!tag:v*", "main", false),
        ("!wip/* !tag:v*", "main", true),
    ])
    func branches(patterns: String, branch: String, isMatched: Bool) throws {
        #expect(try BranchPatterns([patterns]).match(.branch(branch)) == isMatched)
        let words = patterns.split(separator: " ").map(String.init)
        #expect(try BranchPatterns(words).match(.branch(branch)) == isMatched)
    }

    @Test(arguments: [
        ("main", "main", false),
        ("*", "v1", false),
        ("!production", "v1", false),
        ("!*", "v1", false),
        ("tag:v*", "v1.2", true),
        ("tag:v*", "nightly", false),
        ("main tag:v* !tag:*-rc*", "v1.2", true),
        ("main tag:v* !tag:*-rc*", "v1.2-rc1", false),
        ("!tag:*-rc*", "v1", false),
        ("main !tag:nightly*", "v1", false),
        ("!wip/* !tag:nightly*", "v1", false),
        ("tag:* !tag:nightly*", "nightly-7", false),
        ("tag:*", "main", true),
    ])
    func tags(patterns: String, tag: String, isMatched: Bool) throws {
        #expect(try BranchPatterns([patterns]).match(.tag(tag)) == isMatched)
    }

    @Test func aGitTagIsNoBranchOfItsName() {
        #expect(BranchPatterns.Ref(environment: ["BUILDKITE_BRANCH": "main"]) == .branch("main"))
        #expect(BranchPatterns.Ref(environment: ["BUILDKITE_BRANCH": "main", "BUILDKITE_TAG": ""]) == .branch("main"))
        #expect(BranchPatterns.Ref(environment: ["BUILDKITE_BRANCH": "main", "BUILDKITE_TAG": "main"]) == .tag("main"))
        #expect(BranchPatterns.Ref(environment: ["BUILDKITE_BRANCH": ""]) == nil)
        #expect(BranchPatterns.Ref(environment: [:]) == nil)
    }

    @Test(arguments: [[], [""], ["  "], ["main", "!"], ["tag:"], ["!tag:"]])
    func aPatternWithoutANameIsAnError(texts: [String]) {
        #expect(throws: EmptyPattern.self) { try BranchPatterns(texts) }
    }

    @Test func aLongNameTakesNoLongTime() throws {
        let patterns = try BranchPatterns([String(repeating: "*a", count: 500) + "b"])
        #expect(!patterns.match(.branch(String(repeating: "a", count: 10_000))))
    }
}
