import Crypto
import CryptoExtras
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Providers

@Suite struct GoogleAccountTests {
    private static let token = ScriptedCloud.Reply.ok(#"{"access_token": "ya29.token", "expires_in": 3599}"#)

    @Test(
        arguments: [
            (["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"], [], CloudMachine.google, "/key.json"),
            (
                [:], ["/home/ci/.config/gcloud/application_default_credentials.json"], .google,
                "default_credentials.json"
            ),
            (["CLOUDSDK_CONFIG": "/c"], ["/c/application_default_credentials.json"], .other, "/c/application_default"),
            ([:], [], .google, "169.254.169.254"), ([:], [], .unknown, "169.254.169.254"),
            ([:], [], .amazon, "this is no machine of Google Cloud"),
            (["NO_GCE_CHECK": "true"], [], .google, "NO_GCE_CHECK is true"),
            (["NO_GCE_CHECK": "true", "GCE_METADATA_HOST": "gke:988"], [], .other, "gke:988"),
        ] as [([String: String], Set<FilePath>, CloudMachine, String)]
    )
    func theFirstPlaceThatHasSomethingIsTaken(
        environment: [String: String],
        files: Set<FilePath>,
        machine: CloudMachine,
        expected: String
    ) {
        let words: String
        do throws(CloudError) {
            let source = try GoogleAccountSource.choose(
                environment: environment,
                home: "/home/ci",
                machine: machine,
                exists: files.contains
            )
            switch source {
            case .file(let file): words = file.string
            case .metadata(let host): words = host
            }
        } catch {
            words = "\(error)"
        }
        #expect(words.contains(expected), "\(words)")
    }

    @Test func theMetadataServerIsShownWhatItWants() async throws {
        let address = "GET http://m/computeMetadata/v1/instance/service-accounts/default/token"
        let cloud = ScriptedCloud([
            address: .ok(#"{"access_token": "ya29.token", "expires_in": 299}"#, ["Metadata-Flavor": "Google"])
        ])
        let found = try await GoogleToken.find(cloud.session(["GCE_METADATA_HOST": "m"]))
        #expect(found.token == "ya29.token")
        #expect(found.lifetime == .seconds(299))
        #expect(found.words == "the instance's service account")
        #expect(cloud.asked[0].headers.first(name: "Metadata-Flavor") == "Google")
        #expect(cloud.asked[0].isOnMachine)
    }

    @Test(
        arguments: [
            (.ok("<html>"), "it is not Google's"),
            (.ok(#"{"access_token": "stolen"}"#), "it is not Google's"),
            (.ok("<html>", ["Metadata-Flavor": "Google"]), "it is not JSON"),
            (.ok("{}", ["Metadata-Flavor": "Google"]), "there is no token in it"),
            (.answer(404, "", ["Metadata-Flavor": "Google"]), "the instance has no service account"),
            (.none(.timedOut), "no answer in time"),
        ] as [(ScriptedCloud.Reply, String)]
    )
    func whatIsNoMetadataServerIsNotTakenForOne(reply: ScriptedCloud.Reply, words: String) async {
        let session = ScriptedCloud(["GET http://m/": reply]).session(["GCE_METADATA_HOST": "m"])
        let error = await cloudError { () throws(CloudError) in _ = try await GoogleToken.find(session) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func aServiceAccountsKeySignsWhatItWants() async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let file = """
            {"type": "service_account", "client_email": "ci@p.iam.gserviceaccount.com", "private_key":
             "\(key.pkcs8PEMRepresentation.split(separator: "\n").joined(separator: "\\n"))",
             "token_uri": "https://oauth2.googleapis.com/token"}
            """
        let cloud = ScriptedCloud(["POST https://oauth2.googleapis.com/token": Self.token])
        let found = try await Self.find(file, cloud)
        #expect(found.lifetime == .seconds(3599))
        #expect(found.words.hasPrefix("the service account's key in /"))
        let body = try #require(cloud.asked.first?.body)
        #expect(body.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="))
        let parts = try #require(body.split(separator: "=").last).split(separator: ".")
        #expect(parts.count == 3)
        let claims = try JSONValue(parsing: try Self.decoded(parts[1]))
        #expect(claims["iss"]?.string == "ci@p.iam.gserviceaccount.com")
        #expect(claims["aud"]?.string == "https://oauth2.googleapis.com/token")
        #expect(claims["exp"]?.integer == 1_795_815_000)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: Data(try Self.decoded(parts[2])))
        let text = Data("\(parts[0]).\(parts[1])".utf8)
        #expect(key.publicKey.isValidSignature(signature, for: text, padding: .insecurePKCS1v1_5))
    }

    @Test func aUsersAccountIsRefreshed() async throws {
        let file = """
            {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "1//r"}
            """
        let cloud = ScriptedCloud(["POST https://oauth2.googleapis.com/token": Self.token])
        #expect(try await Self.find(file, cloud).token == "ya29.token")
        #expect(
            cloud.asked.first?.body
                == "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=1%2F%2Fr"
        )
    }

    /// The credentials that the plugin for workload identity federation leaves for a Buildkite job.
    @Test(arguments: [
        ("job-token\n", #"{"type": "text"}"#),
        (#"{"id_token": "job-token"}"#, #"{"type": "json", "subject_token_field_name": "id_token"}"#),
    ])
    func aJobsTokenIsExchangedTwice(text: String, format: String) async throws {
        let impersonation =
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p:generateAccessToken"
        let cloud = ScriptedCloud([
            "POST https://sts.googleapis.com/v1/token": .ok(#"{"access_token": "federated", "expires_in": 3599}"#),
            "POST \(impersonation)": .ok(#"{"accessToken": "ya29.token", "expireTime": "2026-11-27T21:30:00Z"}"#),
        ])
        try await withTemporaryDirectory { directory in
            let subject = directory.appending("job.jwt")
            try write(Array(text.utf8), to: subject)
            let file = """
                {"type": "external_account", "audience": "//iam.googleapis.com/projects/1", "token_url":
                 "https://sts.googleapis.com/v1/token", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                 "credential_source": {"file": "\(subject)", "format": \(format)},
                 "service_account_impersonation_url": "\(impersonation)"}
                """
            let found = try await Self.find(file, cloud)
            #expect(found.token == "ya29.token")
            #expect(found.words.hasPrefix("the federated account in /"))
        }
        #expect(
            cloud.asked[0].body == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
                + "&audience=%2F%2Fiam.googleapis.com%2Fprojects%2F1"
                + "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
                + "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
                + "&subject_token=job-token&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"
        )
        #expect(cloud.asked[1].headers.first(name: "Authorization") == "Bearer federated")
    }

    @Test(arguments: [
        ("<html>", "it is not the JSON of an account"), ("", "it is empty"),
        (#"{"type": "impersonated_service_account"}"#, "only the command gcloud can use"),
        (#"{"type": "external_account"}"#, "no source of a token"),
        (
            #"""
            {"type": "external_account", "audience": "a", "subject_token_type": "t",
             "credential_source": {"environment_id": "aws1"}}
            """#, "only the command gcloud can use"
        ),
        (#"{"type": "service_account", "client_email": "e"}"#, "no private_key"),
        (#"{"type": "service_account", "client_email": "e", "private_key": "secret"}"#, "its private_key is none"),
        (
            #"""
            {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "secret",
             "token_uri": "http://elsewhere.example/"}
            """#, "not an address with https"
        ),
    ])
    func aFileThatCannotBeUsedIsNamedAndNotShown(file: String, words: String) async {
        let cloud = ScriptedCloud([:])
        let error = await #expect(throws: CloudError.self) { _ = try await Self.find(file, cloud) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
        #expect(cloud.lines.isEmpty)
    }

    private static func find(_ file: String, _ cloud: ScriptedCloud) async throws -> GoogleToken {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("account.json")
            try write(Array(file.utf8), to: path)
            return try await GoogleToken.find(cloud.session(["GOOGLE_APPLICATION_CREDENTIALS": path.string]))
        }
    }

    private static func decoded(_ text: Substring) throws -> [UInt8] {
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Array(try #require(Data(base64Encoded: standard + padding)))
    }

    @Test func aRepositoryIsWaitedFor() async throws {
        let parent = "https://artifactregistry.googleapis.com/v1/projects/p/locations/us/repositories"
        let cloud = ScriptedCloud([
            "GET \(parent)/r": .answer(404, #"{"error": {"code": 404, "status": "NOT_FOUND"}}"#, [:]),
            "POST \(parent)?repositoryId=r": .ok(#"{"name": "projects/p/locations/us/operations/o"}"#),
            "GET https://artifactregistry.googleapis.com/v1/projects/p/locations/us/operations/o":
                .ok(#"{"name": "projects/p/locations/us/operations/o", "done": true, "response": {}}"#),
        ])
        let registry = ArtifactRegistry(token: "t", session: cloud.session([:]))
        #expect(try await registry.createRepository("r", project: "p", location: "us"))
        #expect(cloud.asked.map { $0.headers.first(name: "Authorization") } == Array(repeating: "Bearer t", count: 3))
        #expect(cloud.asked[1].body == #"{"format":"DOCKER"}"#)
    }
}
