import FoundationEssentials
import SystemPackage
import Testing

@testable import Providers

@Suite struct AWSCredentialSourceTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"]
    private static let pod = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:role"]
    private static let relative = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"]

    struct Case: Sendable, CustomTestStringConvertible {
        var environment: [String: String]
        var config = ""
        var credentials = ""
        var machine = CloudMachine.other
        /// The chosen source, in words, or the problem.
        var expected: String

        var testDescription: String { expected }
    }

    private static let all = keys.merging(pod) { $1 }.merging(relative) { $1 }
    private static let static_ = "[default]\naws_access_key_id = a\naws_secret_access_key=b\n"

    @Test(arguments: [
        Case(environment: all, machine: .amazon, expected: "the keys in the environment"),
        Case(environment: keys, config: static_, expected: "the keys in the environment"),
        Case(environment: ["AWS_ACCESS_KEY_ID": "id"], expected: "AWS_ACCESS_KEY_ID is set, and"),
        Case(environment: ["AWS_SECRET_ACCESS_KEY": "s"], expected: "AWS_SECRET_ACCESS_KEY is set, and"),
        Case(
            environment: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""],
            expected: "this is no instance of EC2"
        ),
        Case(environment: pod.merging(relative) { $1 }, credentials: static_, expected: "the role arn:role"),
        Case(
            environment: ["AWS_PROFILE": "ci"].merging(pod) { $1 },
            credentials: "[ci]\naws_access_key_id=a\naws_secret_access_key=b\n",
            expected: "the keys of the profile ci"
        ),
        Case(
            environment: ["AWS_PROFILE": "ci"],
            config: "[profile ci]\nrole_arn = arn:other\nsource_profile = default\n",
            credentials: static_,
            expected: "only the command aws can use the profile ci, which has role_arn"
        ),
        Case(
            environment: ["AWS_PROFILE": "ci"],
            config: "[profile ci]\nrole_arn = arn:web\nweb_identity_token_file = /t\n",
            expected: "the role arn:web"
        ),
        Case(environment: ["AWS_PROFILE": "none"], credentials: static_, expected: "the profile none has no keys"),
        Case(
            environment: relative,
            credentials: static_,
            machine: .amazon,
            expected: "the keys of the profile default"
        ),
        Case(
            environment: relative,
            config: "[default]\nsso_session = corp\n[sso-session corp]\nsso_region = eu-west-1\n",
            expected: "only the command aws can use the profile default, which has sso_session"
        ),
        Case(environment: [:], config: "[default]\ncredential_process = p\n", expected: "which has credential_process"),
        Case(environment: relative, config: "[default]\nregion = x\n", expected: "the container's role"),
        Case(environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "host/x"], expected: "is not a valid path"),
        Case(
            environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"],
            expected: "the container's role"
        ),
        Case(
            environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://vault.example/c"],
            expected: "the container's role"
        ),
        Case(
            environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://vault.example/c"],
            expected: "neither https nor an address of the container"
        ),
        Case(environment: [:], machine: .amazon, expected: "the instance's role"),
        Case(environment: [:], machine: .unknown, expected: "the instance's role"),
        Case(environment: [:], machine: .google, expected: "this is no instance of EC2"),
        Case(
            environment: ["AWS_EC2_METADATA_DISABLED": "True"],
            machine: .amazon,
            expected: "AWS_EC2_METADATA_DISABLED is true"
        ),
        Case(
            environment: ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338"],
            expected: "the instance's role"
        ),
    ])
    func theFirstPlaceThatHasSomethingIsTaken(example: Case) {
        let profile = AWSProfile(environment: example.environment, home: "/home/ci") { file in
            switch file.string {
            case "/home/ci/.aws/config": example.config
            case "/home/ci/.aws/credentials": example.credentials
            default: nil
            }
        }
        let words: String
        do throws(CloudError) {
            words = try AWSCredentialSource.choose(
                environment: example.environment,
                profile: profile,
                machine: example.machine
            ).words
        } catch {
            words = "\(error)"
        }
        #expect(words.contains(example.expected), "\(words)")
    }

    @Test func aProfileIsReadAsAmazonsToolsReadIt() {
        let files: [String: String] = [
            "/c": "# comment\n[default]\nregion = eu-west-1\n[profile  ci ]\nregion=eu-central-1\n"
                + "s3 =\n  endpoint_url = http://nested\nOUTPUT = json \n; aws_access_key_id = no\n",
            "/k": "[ci]\nregion = us-east-1\naws_access_key_id = a=b\n",
        ]
        let environment = ["AWS_CONFIG_FILE": "/c", "AWS_SHARED_CREDENTIALS_FILE": "/k", "AWS_PROFILE": "ci"]
        let profile = AWSProfile(environment: environment, home: nil) { files[$0.string] }
        #expect(
            profile.settings == ["region": "us-east-1", "s3": "", "output": "json", "aws_access_key_id": "a=b"]
        )
        #expect(profile.settingForTool == nil)
        let usual = AWSProfile(environment: ["AWS_CONFIG_FILE": "/c"], home: nil) { files[$0.string] }
        #expect(usual.settings == ["region": "eu-west-1"])
        #expect(!usual.isNamed)
    }

    @Test(arguments: [
        (["Amazon EC2\n", "m7i.large\n"], CloudMachine.amazon), (["Xen", "4.11.amazon"], .amazon),
        (["Google", "Google Compute Engine"], .google),
        (["Microsoft Corporation", "Virtual Machine", "7783-7084-3265-9085-8269-3286-77"], .azure),
        (["Microsoft Corporation", "Virtual Machine", "0000"], .other), (["LENOVO", "20XW"], .other),
        ([], .unknown), (["\n", ""], .unknown),
    ])
    func aMachineIsKnownByItsFirmware(texts: [String], machine: CloudMachine) {
        #expect(CloudMachine(texts) == machine)
    }

    /// The hosts are those that botocore 1.43.11 uses.
    @Test(arguments: [
        (AWSEndpoint.Service.ecr, "eu-central-1", false, false, "api.ecr.eu-central-1.amazonaws.com"),
        (.ecr, "us-east-1", true, false, "ecr-fips.us-east-1.amazonaws.com"),
        (.ecr, "us-gov-west-1", true, false, "ecr-fips.us-gov-west-1.amazonaws.com"),
        (.ecr, "eu-central-1", true, false, "ecr-fips.eu-central-1.amazonaws.com"),
        (.ecr, "us-east-1", false, true, "ecr.us-east-1.api.aws"),
        (.ecr, "us-east-1", true, true, "ecr-fips.us-east-1.api.aws"),
        (.ecr, "cn-north-1", false, false, "api.ecr.cn-north-1.amazonaws.com.cn"),
        (.ecr, "cn-north-1", true, false, "api.ecr-fips.cn-north-1.amazonaws.com.cn"),
        (.ecr, "cn-north-1", false, true, "ecr.cn-north-1.api.amazonwebservices.com.cn"),
        (.ecr, "us-iso-east-1", false, false, "api.ecr.us-iso-east-1.c2s.ic.gov"),
        (.ecr, "us-iso-east-1", true, false, "api.ecr-fips.us-iso-east-1.c2s.ic.gov"),
        (.ecr, "us-isob-east-1", false, false, "api.ecr.us-isob-east-1.sc2s.sgov.gov"),
        (.ecr, "eusc-de-east-1", false, false, "api.ecr.eusc-de-east-1.amazonaws.eu"),
        (.ecr, "eusc-de-east-1", false, true, "api.ecr.eusc-de-east-1.api.amazonwebservices.eu"),
        (.ecrPublic, "us-east-1", false, false, "api.ecr-public.us-east-1.amazonaws.com"),
        (.sts, "eu-central-1", false, false, "sts.eu-central-1.amazonaws.com"),
        (.sts, "us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"),
        (.sts, "us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"),
        (.sts, "cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn"),
        (.sts, "eusc-de-east-1", false, true, "sts.eusc-de-east-1.api.amazonwebservices.eu"),
    ])
    func anAPIHasItsHostInEachPartition(
        service: AWSEndpoint.Service,
        region: String,
        isFIPS: Bool,
        isDualStack: Bool,
        host: String
    ) {
        var variant = AWSEndpoint.Variant(environment: [:])
        (variant.isFIPS, variant.isDualStack) = (isFIPS, isDualStack)
        #expect(AWSEndpoint.host(of: service, region: region, variant) == host)
    }

    @Test(arguments: [
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", true, false),
        ("123456789012.dkr-ecr-fips.us-gov-east-1.on.aws", true, true),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", false, true),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", false, false), ("public.ecr.aws", false, false),
    ])
    func theRegistrysHostSaysWhichAPIIsMeant(host: String, isFIPS: Bool, isDualStack: Bool) {
        let variant = AWSEndpoint.Variant(environment: [:], registryHost: host)
        #expect((variant.isFIPS, variant.isDualStack) == (isFIPS, isDualStack))
    }

    @Test(arguments: [
        (["AWS_ENDPOINT_URL": "http://127.0.0.1:1"], "http://127.0.0.1:1"),
        (["AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_ECR": "http://b"], "http://b"),
        (["AWS_ENDPOINT_URL_STS": "http://b"], "https://api.ecr.eu-west-1.amazonaws.com/"),
        (
            ["AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"],
            "https://api.ecr.eu-west-1.amazonaws.com/"
        ),
    ])
    func theEnvironmentMayNameAnother(environment: [String: String], url: String) {
        let variant = AWSEndpoint.Variant(environment: environment)
        let found = AWSEndpoint.url(of: .ecr, region: "eu-west-1", variant, environment: environment)
        #expect(found?.absoluteString == url)
    }
}
