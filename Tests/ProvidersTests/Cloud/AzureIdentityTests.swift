import FoundationEssentials
import HTTP
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Providers

@Suite struct AzureIdentityTests {
    private static let application = ["AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"]
    private static let service = ["IDENTITY_ENDPOINT": "http://127.0.0.1:42/msi/token", "IDENTITY_HEADER": "h"]

    @Test(
        arguments: [
            (["AZURE_CLIENT_SECRET": "s"].merging(application) { $1 }, .other, "the application in AZURE_CLIENT_ID"),
            (["AZURE_FEDERATED_TOKEN_FILE": "/t"].merging(application) { $1 }, .other, "the pod's workload identity"),
            (["AZURE_FEDERATED_TOKEN_FILE": "/t"], .other, "this machine is not in Azure"),
            (service, .other, "the service's managed identity"),
            (service.merging(["IDENTITY_SERVER_THUMBPRINT": "x"]) { $1 }, .azure, "only the command az"),
            (application, .azure, "the instance's managed identity"),
            ([:], .unknown, "the instance's managed identity"),
            ([:], .amazon, "this machine is not in Azure"),
        ] as [([String: String], CloudMachine, String)]
    )
    func theFirstIdentityIsTaken(environment: [String: String], machine: CloudMachine, expected: String) {
        let words: String
        do throws(CloudError) {
            words = try AzureIdentity.choose(environment: environment, machine: machine).words
        } catch {
            words = "\(error)"
        }
        #expect(words.contains(expected), "\(words)")
    }

    private static let host = "acmeimages.azurecr.io"
    private static let exchange = "POST https://\(host)/oauth2/exchange"
    private static let access = ScriptedCloud.Reply.ok(#"{"access_token": "a+token", "expires_in": "86399"}"#)

    @Test func aManagedIdentitysTokenIsExchanged() async throws {
        let address =
            "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
            + "&resource=https%3A%2F%2Fcontainerregistry.azure.net&client_id=client"
        let cloud = ScriptedCloud([address: Self.access, Self.exchange: .ok(#"{"refresh_token": "r"}"#)])
        let found = try await AzureRegistry.refreshToken(
            for: Self.host,
            cloud.session(["AZURE_CLIENT_ID": "client"])
        )
        #expect(found == ("r", "the instance's managed identity"))
        #expect(cloud.asked[0].headers.first(name: "Metadata") == "true")
        #expect(cloud.asked[0].isOnMachine && !cloud.asked[1].isOnMachine)
        #expect(cloud.asked[1].body == "grant_type=access_token&service=\(Self.host)&access_token=a%2Btoken")
    }

    @Test func aPodsTokenIsShownToEntra() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("token")
            try write(Array("assertion\n".utf8), to: file)
            let cloud = ScriptedCloud([
                "POST https://login.example/tenant/oauth2/v2.0/token": Self.access,
                Self.exchange: .ok(#"{"refresh_token": "r"}"#),
            ])
            let environment = [
                "AZURE_FEDERATED_TOKEN_FILE": file.string, "AZURE_AUTHORITY_HOST": "https://login.example/",
            ]
            let session = cloud.session(environment.merging(Self.application) { $1 })
            #expect(try await AzureRegistry.refreshToken(for: Self.host, session).token == "r")
            #expect(
                cloud.asked[0].body == "grant_type=client_credentials&client_id=client&scope=https%3A%2F%2F"
                    + "containerregistry.azure.net%2F.default&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                    + "client-assertion-type%3Ajwt-bearer&client_assertion=assertion"
            )
        }
    }

    @Test func aServiceShowsItsHeader() async throws {
        let cloud = ScriptedCloud([
            "GET http://127.0.0.1:42/msi/token?api-version=2019-08-01": Self.access,
            Self.exchange: .ok(#"{"refresh_token": "r"}"#),
        ])
        #expect(try await AzureRegistry.refreshToken(for: Self.host, cloud.session(Self.service)).token == "r")
        #expect(cloud.asked[0].headers.first(name: "X-IDENTITY-HEADER") == "h")
    }

    @Test(
        arguments: [
            (["GET http://169": .none(.timedOut)], "could not be reached"),
            (["GET http://169": .ok("<html>secret</html>")], "it is not JSON"),
            (["GET http://169": .ok("{}")], "there is no token in it"),
            (
                [
                    "GET http://169": .answer(
                        400,
                        #"{"error": "invalid_request", "error_description": "no identity"}"#,
                        [:]
                    )
                ],
                "refused it with status 400 (invalid_request): no identity"
            ),
            (["GET http://169": access, exchange: .answer(401, "<html>", [:])], "refused it with status 401"),
            (["GET http://169": access, exchange: .ok(#"{"refresh_token": ""}"#)], "there is no token in it"),
        ] as [([String: ScriptedCloud.Reply], String)]
    )
    func whatFailsIsSaid(replies: [String: ScriptedCloud.Reply], words: String) async {
        let session = ScriptedCloud(replies).session([:])
        let error = await cloudError { () throws(CloudError) in
            _ = try await AzureRegistry.refreshToken(for: Self.host, session)
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    /// A token for Azure is sent only to Azure.
    @Test func nobodyElseIsShownAToken() async {
        for host in ["registry.example.com", "azurecr.io.example.com", "evilazurecr.io"] {
            let cloud = ScriptedCloud(["GET http://169": Self.access])
            let error = await cloudError { () throws(CloudError) in
                _ = try await AzureRegistry.refreshToken(for: host, cloud.session([:]))
            }
            guard case .leftToTool? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(cloud.lines.isEmpty)
        }
    }

    @Test(
        arguments: [
            ([:], nil, true), ([:], "[cloud]\nname = AzureCloud\n", true), ([:], "[core]\nname = other\n", true),
            ([:], "[core]\na = b\n[cloud]\nname = AzureUSGovernment\n", false),
            (["AZURE_CLOUD_NAME": "AzureChinaCloud"], nil, false),
            (["AZURE_CLOUD_NAME": "AzureCloud"], "[cloud]\nname = AzureUSGovernment\n", true),
        ] as [([String: String], String?, Bool)]
    )
    func theToolsCloudIsItsVariablesOrItsConfigurations(
        environment: [String: String],
        configuration: String?,
        isPublic: Bool
    ) {
        let found = AzureCloud.isPublic(environment: environment, home: "/home/agent") { file in
            file == "/home/agent/.azure/config" ? configuration : nil
        }
        #expect(found == isPublic)
        _ = AzureCloud.isPublic(environment: ["AZURE_CONFIG_DIR": "/az"], home: nil) { file in
            #expect(file == "/az/config")
            return nil
        }
    }

    @Test func aHostHasAnAddressOrNot() async {
        #expect(await AzureCloud.hasAddress("localhost"))
        #expect(await !AzureCloud.hasAddress("nowhere.invalid"))
    }
}
