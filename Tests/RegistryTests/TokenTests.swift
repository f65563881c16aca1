import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
import Testing

@testable import Registry

@Suite struct TokenTests {
    @Test(
        arguments: [
            (#"{"token": "a"}"#, "a", 60),
            (#"{"access_token": "a"}"#, "a", 60),
            (#"{"token": "a", "access_token": "b", "expires_in": 300}"#, "a", 300),
            (#"{"token": "", "access_token": "b", "expires_in": 0}"#, "b", 60),
            (#"{"token": "a", "expires_in": null}"#, "a", 60),
            (#"{"token": "a", "expires_in": "300"}"#, "a", 60),
            (#"{"token": "a", "expires_in": -5}"#, "a", 60),
            (#"{"token": "a b"}"#, nil, 0),
            (#"{"token": "a\r\nX: y"}"#, nil, 0),
            (#"{"token": 1}"#, nil, 0),
            ("{}", nil, 0),
            ("", nil, 0),
            ("<html>", nil, 0),
        ] as [(String, String?, Int)]
    )
    func anAnswerOfATokenServerIsRead(body: String, token: String?, seconds: Int) {
        let response = TokenResponse(parsing: Array(body.utf8))
        #expect(response?.token == token)
        #expect(response == nil || response?.lifetime == .seconds(seconds))
    }

    @Test(
        arguments: [
            (nil, "repository:team/app:pull"),
            ("", "repository:team/app:pull"),
            ("repository:team/app:pull", "repository:team/app:pull"),
            ("repository:team/app:push,pull", "repository:team/app:pull,push"),
            ("repository:other/app:pull", "repository:other/app:pull repository:team/app:pull"),
            ("registry:catalog:*", "registry:catalog:* repository:team/app:pull"),
            ("repository:host:5000/app:pull", "repository:host:5000/app:pull repository:team/app:pull"),
            ("nonsense", "repository:team/app:pull"),
        ] as [(String?, String)]
    )
    func scopesAreMerged(challenge: String?, expected: String) {
        let merged = AccessScope.merged(challenge: challenge, needed: .pull("team/app"))
        #expect(merged.map(\.description).joined(separator: " ") == expected)
    }

    @Test func aTokenServesForWhatItCoversUntilItsTimeIsNearlyUp() throws {
        var cache = TokenCache()
        let response = try #require(TokenResponse(parsing: Array(#"{"token": "t", "expires_in": 100}"#.utf8)))
        cache.insert(response, for: .push("app"), asked: .seconds(10))
        #expect(cache.token(for: .push("app"), at: .seconds(10)) == "t")
        #expect(cache.token(for: .pull("app"), at: .seconds(99)) == "t")
        #expect(cache.token(for: .pull("app"), at: .seconds(100)) == nil)
        #expect(cache.token(for: .pull("other"), at: .seconds(10)) == nil)
        #expect(cache.token(for: .delete("app"), at: .seconds(10)) == nil)
        cache.remove("t")
        #expect(cache.token(for: .push("app"), at: .seconds(10)) == nil)
    }

    private static let secure = "https://auth.example/token"

    @Test(arguments: [
        (["Bearer realm=\"\(secure)\",service=\"s\""], false, secure),
        (["Basic realm=\"x\"", "Bearer realm=\"\(secure)\",service=\"s\""], false, secure),
        (["Bearer realm=\"http://127.0.0.1:1/token\",service=\"s\""], true, "http://127.0.0.1:1/token"),
    ])
    func aTokenIsPreferredToAPassword(headers: [String], isPlain: Bool, realm: String) throws {
        let authentication = try Authentication(AuthenticationChallenge.parse(headers), isPlain: isPlain)
        let url = try #require(URL(string: realm))
        #expect(authentication == .bearer(realm: url, service: "s", scope: nil))
    }

    @Test(arguments: [
        "http://auth.example/token", "HTTP://auth.example", "file:///etc/passwd", "", "auth.example/token",
        "https://user@auth.example/token", "https://user:secret@auth.example/token", "ftp://auth.example",
    ])
    func aRealmThatIsNotHTTPSIsRefused(realm: String) {
        let challenges = AuthenticationChallenge.parse(["Bearer realm=\"\(realm)\"", "Basic realm=\"x\""])
        #expect(throws: Authentication.Refusal.self) { try Authentication(challenges, isPlain: false) }
    }

    @Test func aBearerChallengeWithoutARealmLeavesThePassword() throws {
        #expect(try Authentication(AuthenticationChallenge.parse(["Bearer", "Basic"]), isPlain: false) == .basic)
    }

    @Test func theTokenRequestKeepsTheRealmsOwnQuery() throws {
        let request = TokenRequest.get(
            realm: try #require(URL(string: "https://auth.example/token?tenant=1")),
            service: "registry & more",
            scopes: [.push("team/app")],
            credential: nil,
            bodyLimit: 1
        )
        #expect(
            request?.url.absoluteString == "https://auth.example/token?tenant=1&service=registry%20%26%20more"
                + "&scope=repository%3Ateam%2Fapp%3Apull%2Cpush"
        )
        #expect(request?.headers.contains(name: "Authorization") == false)
    }

    @Test(arguments: [
        RegistryCredential.password(username: "me", password: "hunter2"), .identityToken("hunter2"),
    ])
    func aCredentialNeverShowsItsSecret(credential: RegistryCredential) {
        var dumped = ""
        dump(credential, to: &dumped)
        for text in ["\(credential)", String(reflecting: credential), "\([credential])", dumped] {
            #expect(!text.contains("hunter2"))
        }
    }
}
