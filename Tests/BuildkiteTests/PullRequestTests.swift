import Buildkite
import Testing

@Suite struct PullRequestTests {
    @Test(
        arguments: [
            (nil, nil, "git@github.com:acme/shop.git", .none), ("false", "", "git@github.com:acme/shop.git", .none),
            ("7", "git://github.com/acme/shop.git", "git@github.com:acme/shop.git", .fromSameRepository),
            ("7", "https://github.com/Acme/shop", "git@github.com:acme/shop.git", .fromSameRepository),
            ("7", "https://x:y@github.com/acme/shop.git/", "ssh://git@github.com/acme/shop", .fromSameRepository),
            ("7", "git://github.com/acme/shop.git", "git@github.com-deploy:acme/shop.git", .fromSameRepository),
            ("7", "git://github.com/acme/shop.git", "ssh://git@github.com:22/acme/shop.git", .fromSameRepository),
            ("7", "https://github.com/acme/shop", "ssh://git@ssh.github.com:443/acme/shop.git", .fromSameRepository),
            ("7", "https://github.com/acme/shop", "https://x:p@ss@github.com:443/acme/shop.git", .fromSameRepository),
            (
                "7", "http://git.example:3000/acme/shop", "http://git.example:4000/acme/shop",
                .fromFork("http://git.example:3000/acme/shop")
            ),
            (
                "7", "https://github.com.evil.example/acme/shop", "git@github.com:acme/shop.git",
                .fromFork("https://github.com.evil.example/acme/shop")
            ),
            (
                "7", "git://github.com/mallory/shop.git", "git@github.com:acme/shop.git",
                .fromFork("git://github.com/mallory/shop.git")
            ),
            (
                "7", "https://evil.example/acme/shop", "git@github.com:acme/shop.git",
                .fromFork("https://evil.example/acme/shop")
            ),
            ("7", "", "git@github.com:acme/shop.git", .unknown), ("7", nil, nil, .unknown),
        ] as [(String?, String?, String?, PullRequest)]
    )
    func aPullRequestIsFromTheSameRepositoryOrFromAnother(
        number: String?,
        source: String?,
        target: String?,
        expected: PullRequest
    ) {
        var environment: [String: String] = [:]
        environment["BUILDKITE_PULL_REQUEST"] = number
        environment["BUILDKITE_PULL_REQUEST_REPO"] = source
        environment["BUILDKITE_REPO"] = target
        #expect(PullRequest(environment: environment) == expected)
    }
}
