import FoundationEssentials
import Testing

@testable import HTTP
@testable import Registry

@Suite struct RedirectPolicyTests {
    private static let blob = "https://registry.example/v2/a/blobs/x"

    @Test(
        arguments: [
            (307, blob, "https://cdn.example/x?signature=1", "https://cdn.example/x?signature=1", false),
            (302, blob, "/v2/other", "https://registry.example/v2/other", true),
            (301, blob, "//cdn.example/x", "https://cdn.example/x", false),
            (308, blob, "https://registry.example:443/y", "https://registry.example:443/y", true),
            (303, blob, "https://REGISTRY.example/y", "https://REGISTRY.example/y", true),
            (307, blob, "https://registry.example:8443/y", "https://registry.example:8443/y", false),
            (307, blob, "https://registry.example.evil/y", "https://registry.example.evil/y", false),
            (307, "http://registry.example/a", "https://registry.example/a", "https://registry.example/a", false),
            (307, "http://registry.example:5000/a", "b", "http://registry.example:5000/b", true),
        ] as [(Int, String, String, String, Bool)]
    )
    func aReadIsFollowed(status: Int, from: String, location: String, to: String, keepsAuthorization: Bool) throws {
        let decision = RedirectPolicy.decide(
            status: status,
            location: location,
            from: try #require(URL(string: from)),
            isRead: true,
            followed: 0
        )
        #expect(decision == .follow(try #require(URL(string: to)), keepsAuthorization: keepsAuthorization))
    }

    @Test(
        arguments: [
            (307, "http://registry.example/x", true, 0, "a redirect from https to http, at http://registry.example"),
            (307, nil, true, 0, "a redirect without an address that can be followed"),
            (307, "file:///etc/passwd", true, 0, "a redirect without an address that can be followed"),
            (307, "https://user@cdn.example/x", true, 0, "a redirect to an address with a user in it"),
            (307, "/x", true, 5, "more than 5 redirects"),
            (
                307, "https://cdn.example/x", false, 0,
                "a redirect of a request that changes something, to https://cdn.example"
            ),
            (
                302, "/x", false, 0,
                "a redirect of a request that changes something, to https://registry.example"
            ),
        ] as [(Int, String?, Bool, Int, String)]
    )
    func whatMayNotBeFollowedIsRefused(
        status: Int,
        location: String?,
        isRead: Bool,
        followed: Int,
        words: String
    ) throws {
        let decision = RedirectPolicy.decide(
            status: status,
            location: location,
            from: try #require(URL(string: Self.blob)),
            isRead: isRead,
            followed: followed
        )
        #expect(decision == .refuse(words))
    }

    @Test(arguments: [200, 300, 304, 306, 401, 404])
    func everythingElseIsNoRedirect(status: Int) throws {
        let decision = RedirectPolicy.decide(
            status: status,
            location: "/x",
            from: try #require(URL(string: Self.blob)),
            isRead: true,
            followed: 0
        )
        #expect(decision == .stay)
    }

    @Test func aChangeIsFollowedWithinTheRegistryWhereItStaysWhatItIs() throws {
        let url = try #require(URL(string: Self.blob))
        let decision = RedirectPolicy.decide(status: 308, location: "/y", from: url, isRead: false, followed: 0)
        #expect(
            decision == .follow(try #require(URL(string: "https://registry.example/y")), keepsAuthorization: true)
        )
    }
}
