import FoundationEssentials
import NIOHTTP1
import Testing

@testable import Providers

/// Checks against the signatures that Amazon has published (aws-sig-v4-test-suite, and the example for ListUsers in the
/// documentation of IAM).
@Suite struct SignatureVersion4Tests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var method: HTTPMethod = .POST
        var url = "https://example.amazonaws.com/"
        var type: String?
        var body = ""
        var token: String?
        var service = "service"
        var headers: String
        var signature: String

        var testDescription: String { name }
    }

    static let token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8"
        + "YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6"
        + "fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabI"
        + "Qwj2ICCR/oLxBA=="

    @Test(arguments: [
        Example(
            name: "get-vanilla",
            method: .GET,
            headers: "host;x-amz-date",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        Example(
            name: "post-vanilla",
            headers: "host;x-amz-date",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        ),
        Example(
            name: "post-vanilla-query",
            url: "https://example.amazonaws.com/?Param1=value1",
            headers: "host;x-amz-date",
            signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"
        ),
        Example(
            name: "post-x-www-form-urlencoded",
            type: "application/x-www-form-urlencoded",
            body: "Param1=value1",
            headers: "content-type;host;x-amz-date",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
        Example(
            name: "post-x-www-form-urlencoded-parameters",
            type: "application/x-www-form-urlencoded; charset=utf8",
            body: "Param1=value1",
            headers: "content-type;host;x-amz-date",
            signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"
        ),
        Example(
            name: "post-sts-header-before",
            token: token,
            headers: "host;x-amz-date;x-amz-security-token",
            signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        ),
        Example(
            name: "ListUsers",
            method: .GET,
            url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            type: "application/x-www-form-urlencoded; charset=utf-8",
            service: "iam",
            headers: "content-type;host;x-amz-date",
            signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        ),
    ])
    func theSignatureIsTheOneThatAmazonHasPublished(example: Example) throws {
        var request = CloudRequest(
            "test",
            example.method,
            try #require(URL(string: example.url)),
            body: Array(example.body.utf8)
        )
        if let type = example.type { request.headers.add(name: "Content-Type", value: type) }
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: example.token
        )
        // 30 August 2015, 12:36.
        SignatureVersion4(credentials: credentials, region: "us-east-1", service: example.service)
            .sign(&request, now: 1_440_938_160_000)
        #expect(
            request.headers.first(name: "Authorization")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/\(example.service)/aws4_request, "
                + "SignedHeaders=\(example.headers), Signature=\(example.signature)"
        )
        #expect(request.headers.first(name: "X-Amz-Date") == "20150830T123600Z")
        #expect(request.headers.first(name: "X-Amz-Security-Token") == example.token)
    }

    @Test func credentialsShowNothing() {
        let credentials = AWSCredentials(accessKeyID: "id", secretAccessKey: "hunter2", sessionToken: "token")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("hunter2") && !text.contains("token"))
        }
    }
}
