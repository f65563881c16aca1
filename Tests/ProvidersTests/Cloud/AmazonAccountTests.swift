import FoundationEssentials
import HTTP
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Providers

@Suite struct AmazonAccountTests {
    private static let registry = ECRRegistry(account: "123456789012", region: "eu-central-1")
    private static let keys = ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"]
    private static let ecr = "POST https://api.ecr.eu-central-1.amazonaws.com/"
    private static let sts = "POST https://sts.eu-central-1.amazonaws.com/"
    private static let imds = "http://169.254.169.254/latest"
    private static let roles = "GET \(imds)/meta-data/iam/security-credentials/"

    /// `AWS:a password`, valid until 21:30.
    private static let password = ScriptedCloud.Reply.ok(
        """
        {"authorizationData": [{"authorizationToken": "QVdTOmEgcGFzc3dvcmQ=", "expiresAt": 1795815000.5,
         "proxyEndpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"}]}
        """
    )
    private static let role = """
        {"Code": "Success", "AccessKeyId": "id", "SecretAccessKey": "secret", "Token": "session", \
        "Expiration": "2026-11-27T23:00:00Z"}
        """

    private static func logIn(_ session: CloudSession) async throws(CloudError) -> (String, Duration, String) {
        let account = try await session.amazonAccount(region: registry.region)
        let (password, lifetime) = try await account.registryPassword(for: registry)
        return (password, lifetime, account.words)
    }

    @Test func keysAreEnoughForAPassword() async throws {
        let cloud = ScriptedCloud([Self.ecr: Self.password])
        let found = try await Self.logIn(cloud.session(Self.keys))
        #expect(found == ("a password", .seconds(3600), "the keys in the environment"))
        let asked = try #require(cloud.asked.first)
        #expect(asked.body == "{}" && !asked.isOnMachine)
        #expect(
            asked.headers.first(name: "X-Amz-Target") == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
        )
        #expect(asked.headers.first(name: "Content-Type") == "application/x-amz-json-1.1")
        #expect(
            asked.headers.first(name: "Authorization")?.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=id/20261127/eu-central-1/ecr/aws4_request, "
                    + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
            ) == true
        )
    }

    @Test func thePublicRegistryHasAnInterfaceOfItsOwn() async throws {
        let address = "POST https://api.ecr-public.us-east-1.amazonaws.com/"
        let reply = #"{"authorizationData": {"authorizationToken": "QVdTOmEgcGFzc3dvcmQ=", "expiresAt": 1}}"#
        let cloud = ScriptedCloud([address: .ok(reply)])
        let account = try await cloud.session(Self.keys).amazonAccount(region: "us-east-1")
        let found = try await account.registryPassword(for: try #require(ECRRegistry("public.ecr.aws/acme")))
        // An expiry that is in the past by this clock is ignored.
        #expect(found == ("a password", .seconds(12 * 3600)))
        let asked = try #require(cloud.asked.first)
        #expect(asked.headers.first(name: "X-Amz-Target") == "SpencerFrontendService.GetAuthorizationToken")
        #expect(asked.headers.first(name: "Authorization")?.contains("/us-east-1/ecr-public/aws4_request") == true)
    }

    @Test func anInstanceHasARole() async throws {
        let cloud = ScriptedCloud([
            "PUT \(Self.imds)/api/token": .ok("a-token"), Self.roles: .ok("agents"),
            "\(Self.roles)agents": .ok(Self.role), Self.ecr: Self.password,
        ])
        #expect(try await Self.logIn(cloud.session([:])).2 == "the instance's role")
        #expect(cloud.asked.map(\.isOnMachine) == [true, true, true, false])
        #expect(cloud.asked[0].headers.first(name: "X-aws-ec2-metadata-token-ttl-seconds") == "60")
        #expect(cloud.asked[2].headers.first(name: "X-aws-ec2-metadata-token") == "a-token")
        #expect(cloud.asked[3].headers.first(name: "X-Amz-Security-Token") == "session")
        #expect(cloud.asked[3].headers.first(name: "Authorization")?.contains("x-amz-security-token") == true)
    }

    @Test func credentialsAreLookedForOnceWhetherThereAreAnyOrNot() async throws {
        let cloud = ScriptedCloud(["PUT \(Self.imds)/api/token": .none(.timedOut)])
        let session = cloud.session([:])
        for _ in 0..<3 {
            let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
            #expect(error?.isTheAccounts == false)
        }
        #expect(cloud.lines.count == 1)
    }

    @Test(
        arguments: [
            (["PUT \(imds)/api/token": .none(.refused("no connection"))], "could not be reached: no connection"),
            (["PUT \(imds)/api/token": .answer(403, "", [:])], "no token for its second version (status 403)"),
            (["PUT \(imds)/api/token": .ok("<html>Log in to the network</html>")], "there is no token in it"),
            (["PUT \(imds)/api/token": .ok("t"), roles: .answer(404, "<html/>", [:])], "the instance has no role"),
            (["PUT \(imds)/api/token": .ok("t"), roles: .ok("<html>")], "there is no role in it"),
            (["PUT \(imds)/api/token": .ok("t"), roles: .ok("../x/y")], "there is no role in it"),
            (
                ["PUT \(imds)/api/token": .ok("t"), roles: .ok("r"), "\(roles)r": .ok(#"{"Code": "Failed"}"#)],
                "there are no credentials in it"
            ),
            (
                ["PUT \(imds)/api/token": .ok("t"), roles: .ok("r"), "\(roles)r": .ok("<html>")], "it is not JSON"
            ),
        ] as [([String: ScriptedCloud.Reply], String)]
    )
    func whatIsNoMetadataServerIsNotTakenForOne(replies: [String: ScriptedCloud.Reply], words: String) async {
        let session = ScriptedCloud(replies).session([:])
        let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func anInstanceSaysItsRegion() async {
        let region = "GET \(Self.imds)/meta-data/placement/region"
        let cloud = ScriptedCloud(["PUT \(Self.imds)/api/token": .ok("t"), region: .ok("eu-central-1")])
        #expect(await cloud.session([:]).instanceRegion() == "eu-central-1")
        // With other credentials, the instance's region is not queried.
        #expect(await cloud.session(Self.keys).instanceRegion() == nil)
        #expect(cloud.lines.count == 2)
        let page = ScriptedCloud(["PUT \(Self.imds)/api/token": .ok("t"), region: .ok("<html>")])
        #expect(await page.session([:]).instanceRegion() == nil)
    }

    @Test func aPodHasARoleByItsToken() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("token")
            try write(Array("web-identity\n".utf8), to: file)
            let answer = """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>id</AccessKeyId>
                <SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>session</SessionToken>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """
            let cloud = ScriptedCloud([Self.sts: .ok(answer), Self.ecr: Self.password])
            let session = cloud.session([
                "AWS_WEB_IDENTITY_TOKEN_FILE": file.string, "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci",
                "AWS_ROLE_SESSION_NAME": "job 7",
            ])
            #expect(try await Self.logIn(session).2 == "the role arn:aws:iam::1:role/ci, by its web identity")
            #expect(
                cloud.asked[0].body == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam"
                    + "%3A%3A1%3Arole%2Fci&RoleSessionName=job%207&WebIdentityToken=web-identity"
            )
            #expect(cloud.asked[0].headers.first(name: "Authorization") == nil)
            let account = try await session.amazonAccount(region: "eu-central-1")
            #expect(account.credentials.secretAccessKey == "a&b")
        }
    }

    @Test(
        arguments: [
            (nil, "cannot be read"), ("\n", "it is empty"),
        ] as [(String?, String)]
    )
    func aPodsTokenMustBeThere(token: String?, words: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("token")
            if let token { try write(Array(token.utf8), to: file) }
            let cloud = ScriptedCloud([:])
            let session = cloud.session(["AWS_WEB_IDENTITY_TOKEN_FILE": file.string, "AWS_ROLE_ARN": "arn"])
            let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
            #expect(error?.description.contains(words) == true)
            #expect(cloud.lines.isEmpty)
        }
    }

    @Test func aContainerShowsItsToken() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("token")
            try write(Array("pod-token\n".utf8), to: file)
            let address = "http://169.254.170.23/v1/credentials"
            let cloud = ScriptedCloud(["GET \(address)": .ok(Self.role), Self.ecr: Self.password])
            let session = cloud.session([
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": address, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this one",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.string,
            ])
            #expect(try await Self.logIn(session).2 == "the container's role")
            #expect(cloud.asked[0].headers.first(name: "Authorization") == "pod-token")
            #expect(cloud.asked[0].isOnMachine)
        }
        // With TLS it may be anywhere, even behind a proxy.
        let cloud = ScriptedCloud(["GET https://vault.example/c": .ok(Self.role), Self.ecr: Self.password])
        _ = try await Self.logIn(cloud.session(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://vault.example/c"]))
        #expect(cloud.asked.map(\.isOnMachine) == [false, false])
    }

    @Test(arguments: [
        (
            #"{"__type": "com.amazonaws.ecr#AccessDeniedException", "message": "not authorized"}"#,
            "AccessDeniedException"
        ),
        (#"{"__type": "UnrecognizedClientException", "message": "token is invalid"}"#, "UnrecognizedClientException"),
    ])
    func aRefusalIsFinal(body: String, code: String) async {
        let cloud = ScriptedCloud([Self.ecr: .answer(400, body, [:])])
        let session = cloud.session(Self.keys)
        let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
        guard case .refused("ECR", 400, code, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isTheAccounts == true)
    }

    /// Amazon quotes the string that should have been signed, which contains the session's token.
    @Test func whatAmazonSaysOfASignatureIsNotShownInFull() async {
        let body = #"{"__type": "InvalidSignatureException", "message": "It does not match.\n\nPOST\nsession-token"}"#
        let session = ScriptedCloud([Self.ecr: .answer(403, body, [:])]).session(Self.keys)
        let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
        #expect(error?.description == "ECR refused it with status 403 (InvalidSignatureException): It does not match.")
    }

    @Test func whatIsNoAnswerOfECRIsNotShown() async {
        for body in ["<html>secret</html>", "{}", #"{"authorizationData": [{"authorizationToken": "secret"}]}"#] {
            let session = ScriptedCloud([Self.ecr: .ok(body)]).session(Self.keys)
            let error = await cloudError { () throws(CloudError) in _ = try await Self.logIn(session) }
            guard case .unexpectedAnswer? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func theAccountIsThatOfTheCredentials() async throws {
        let answer = "<GetCallerIdentityResult><Account>210987654321</Account></GetCallerIdentityResult>"
        let cloud = ScriptedCloud([Self.sts: .ok(answer)])
        let account = try await cloud.session(Self.keys).amazonAccount(region: "eu-central-1")
        #expect(try await account.number() == "210987654321")
        #expect(cloud.asked[0].body == "Action=GetCallerIdentity&Version=2011-06-15")
        #expect(cloud.asked[0].headers.first(name: "Authorization")?.contains("/eu-central-1/sts/") == true)
    }

    @Test func aRepositoryThatAnotherHasMadeIsAsGood() async throws {
        let body = #"{"__type": "RepositoryAlreadyExistsException", "message": "it is there"}"#
        let cloud = ScriptedCloud([Self.ecr: .answer(400, body, [:])])
        let account = try await cloud.session(Self.keys).amazonAccount(region: "eu-central-1")
        try await account.createRepository("team/app", in: Self.registry)
        #expect(cloud.asked.last?.body == #"{"repositoryName":"team\/app"}"#)
    }
}
