import FoundationEssentials
import HTTP
import SystemPackage

/// The source of AWS credentials.
enum AWSCredentialSource: Equatable, Sendable {
    /// Known keys. The string describes where they come from.
    case keys(AWSCredentials, String)
    /// A token file that is exchanged for a role, as in a Kubernetes pod.
    case webIdentity(tokenFile: FilePath, role: String, session: String)
    /// The container's credentials endpoint, as in ECS and EKS.
    case container(URL, token: ContainerToken?)
    /// The instance's metadata server.
    case instance(URL)

    /// The authorization token for the container's credentials endpoint.
    enum ContainerToken: Equatable, Sendable {
        case text(String)
        case file(FilePath)
    }

    /// Completes "logged in with …".
    var words: String {
        switch self {
        case .keys(_, let place): place
        case .webIdentity(_, let role, _): "the role \(role), by its web identity"
        case .container: "the container's role"
        case .instance: "the instance's role"
        }
    }

    /// The first source that is configured, in the order of Amazon's own tools.
    ///
    /// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
    static func choose(
        environment: [String: String],
        profile: AWSProfile,
        machine: CloudMachine
    ) throws(CloudError) -> AWSCredentialSource {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (let id?, let secret?):
            let token = variable("AWS_SESSION_TOKEN") ?? variable("AWS_SECURITY_TOKEN")
            let keys = AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
            return .keys(keys, "the keys in the environment")
        case (.some, nil): throw .noAccount("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
        case (nil, .some): throw .noAccount("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not")
        case (nil, nil): break
        }
        if profile.isNamed { return try ofProfile(profile) }
        if let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = variable("AWS_ROLE_ARN") {
            let session = variable("AWS_ROLE_SESSION_NAME") ?? defaultSession
            return .webIdentity(tokenFile: FilePath(file), role: role, session: session)
        }
        if profile.value("aws_access_key_id") != nil || profile.settingForTool != nil { return try ofProfile(profile) }
        if let source = try container(variable) { return source }
        return try instance(variable, machine)
    }

    private static let defaultSession = "docker-cache"

    private static func ofProfile(_ profile: AWSProfile) throws(CloudError) -> AWSCredentialSource {
        if let role = profile.value("role_arn"), let file = profile.value("web_identity_token_file") {
            let session = profile.value("role_session_name") ?? defaultSession
            return .webIdentity(tokenFile: FilePath(file), role: role, session: session)
        }
        if let setting = profile.settingForTool {
            throw .leftToTool("only the command aws can use the profile \(profile.name), which has \(setting)")
        }
        guard let id = profile.value("aws_access_key_id"), let secret = profile.value("aws_secret_access_key") else {
            throw .noAccount("the profile \(profile.name) has no keys")
        }
        let token = profile.value("aws_session_token")
        let keys = AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        return .keys(keys, "the keys of the profile \(profile.name)")
    }

    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    private static func container(
        _ variable: (String) -> String?
    ) throws(CloudError) -> AWSCredentialSource? {
        let token: ContainerToken? =
            variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map { .file(FilePath($0)) }
            ?? variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map { .text($0) }
        if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/"), let url = URL(string: "http://169.254.170.2\(path)") else {
                throw .noAccount("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a valid path")
            }
            return .container(url, token: token)
        }
        guard let address = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        guard let url = URL(string: address), let origin = Origin(url) else {
            throw .noAccount("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a valid address")
        }
        // Without TLS, the token may only be sent to the container's own endpoints.
        let isNear =
            ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(origin.host) || origin.isLoopback
        guard origin.scheme == .https || isNear else {
            throw .noAccount("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of the container")
        }
        return .container(url, token: token)
    }

    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
    private static func instance(
        _ variable: (String) -> String?,
        _ machine: CloudMachine
    ) throws(CloudError) -> AWSCredentialSource {
        let nothing = "there are no keys in the environment, no profile, no web identity and no container's role"
        if variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            throw .noAccount("\(nothing), and AWS_EC2_METADATA_DISABLED is true")
        }
        let isIPv6 = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        let given = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard given != nil || machine.mayBe(.amazon) else {
            throw .noAccount("\(nothing), and this is no instance of EC2")
        }
        let usual = isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        guard let url = URL(string: given ?? usual), Origin(url) != nil else {
            throw .noAccount("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a valid address")
        }
        return .instance(url)
    }
}
