import Formatting
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
import SystemPackage

/// This machine's Azure identity.
///
/// https://learn.microsoft.com/azure/developer/intro/passwordless-overview: the order of `DefaultAzureCredential`.
enum AzureIdentity: Equatable, Sendable {
    /// An application with a client secret.
    case secret(tenant: String, client: String, secret: String)
    /// An application with a pod's token.
    case workload(tenant: String, client: String, tokenFile: FilePath)
    /// A managed identity, from the endpoint that App Service and Container Apps provide.
    case service(URL, header: String, client: String?)
    /// A managed identity, from the instance's metadata server.
    case instance(URL, client: String?)

    /// Completes "logged in with …".
    var words: String {
        switch self {
        case .secret: "the application in AZURE_CLIENT_ID"
        case .workload: "the pod's workload identity"
        case .service: "the service's managed identity"
        case .instance: "the instance's managed identity"
        }
    }

    static func choose(environment: [String: String], machine: CloudMachine) throws(CloudError) -> AzureIdentity {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let client = variable("AZURE_CLIENT_ID")
        if let client, let tenant = variable("AZURE_TENANT_ID") {
            if let secret = variable("AZURE_CLIENT_SECRET") {
                return .secret(tenant: tenant, client: client, secret: secret)
            }
            if let file = variable("AZURE_FEDERATED_TOKEN_FILE") {
                return .workload(tenant: tenant, client: client, tokenFile: FilePath(file))
            }
        }
        if let endpoint = variable("IDENTITY_ENDPOINT"), let header = variable("IDENTITY_HEADER") {
            // Service Fabric uses its own certificate for this endpoint.
            guard variable("IDENTITY_SERVER_THUMBPRINT") == nil, let url = URL(string: endpoint), Origin(url) != nil
            else { throw .leftToTool("only the command az can use IDENTITY_ENDPOINT as it is here") }
            return .service(url, header: header, client: client)
        }
        let given = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        guard given != nil || machine.mayBe(.azure) else {
            throw .noAccount("there is no identity of Azure in the environment, and this machine is not in Azure")
        }
        guard let url = URL(string: given ?? "http://169.254.169.254"), Origin(url) != nil else {
            throw .noAccount("AZURE_POD_IDENTITY_AUTHORITY_HOST is not a valid address")
        }
        return .instance(url, client: client)
    }

    /// Requests a token for an Azure resource.
    ///
    /// - Parameter resource: the URL of the resource, such as `https://containerregistry.azure.net`
    func token(for resource: String, _ session: CloudSession) async throws(CloudError) -> String {
        let request: CloudRequest
        switch self {
        case .secret(let tenant, let client, let secret):
            request = try Self.grant(tenant, client, [("client_secret", secret)], resource, session)
        case .workload(let tenant, let client, let file):
            let assertion = [
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", try session.secret(in: file)),
            ]
            request = try Self.grant(tenant, client, assertion, resource, session)
        case .service(let url, let header, let client):
            request = try Self.metadata(
                "the service's address for identities",
                url.absoluteString,
                version: "2019-08-01",
                resource,
                client,
                ["X-IDENTITY-HEADER": header]
            )
        case .instance(let url, let client):
            request = try Self.metadata(
                "the metadata server of Azure",
                url.below("metadata/identity/oauth2/token")?.absoluteString ?? "",
                version: "2018-02-01",
                resource,
                client,
                ["Metadata": "true"]
            )
        }
        let json = try await session.json(request)
        guard let token = json["access_token"]?.string, !token.isEmpty else {
            throw .unexpectedAnswer(service: request.service, problem: "there is no token in it")
        }
        return token
    }

    /// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    private static func grant(
        _ tenant: String,
        _ client: String,
        _ proof: [(String, String)],
        _ resource: String,
        _ session: CloudSession
    ) throws(CloudError) -> CloudRequest {
        let authority = session.variable("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com"
        guard let url = URL(string: authority)?.below("\(tenant.percentEncoded)/oauth2/v2.0/token"),
            let origin = Origin(url), origin.scheme == .https || origin.isLoopback
        else { throw .noAccount("AZURE_AUTHORITY_HOST is not an address with https") }
        let fields =
            [("grant_type", "client_credentials"), ("client_id", client), ("scope", "\(resource)/.default")] + proof
        return CloudRequest.form("Microsoft Entra", url, fields.map { (name: $0.0, value: $0.1) })
    }

    /// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    private static func metadata(
        _ service: String,
        _ address: String,
        version: String,
        _ resource: String,
        _ client: String?,
        _ headers: HTTPHeaders
    ) throws(CloudError) -> CloudRequest {
        let fields = [("api-version", version), ("resource", resource)] + (client.map { [("client_id", $0)] } ?? [])
        let query = fields.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
        guard let url = URL(string: "\(address)?\(query)") else {
            throw .noAccount("the address for identities is none")
        }
        return CloudRequest(service, .GET, url, headers: headers, reach: .of(url))
    }
}

/// The login to an Azure registry through its API.
enum AzureRegistry {
    /// The token that Docker logs in with, and a description of its identity.
    ///
    /// https://azure.github.io/acr/AAD-OAuth.html
    ///
    /// - Parameter host: the host of a login server
    static func refreshToken(
        for host: String,
        _ session: CloudSession
    ) async throws(CloudError) -> (token: String, words: String) {
        guard let resource = resource(of: host) else {
            throw .leftToTool("\(host) is none of Azure's own names for registries")
        }
        let identity = try AzureIdentity.choose(environment: session.environment, machine: session.machine)
        let access = try await identity.token(for: resource, session)
        guard let url = URL(string: "https://\(host)/oauth2/exchange") else {
            throw .noAccount("\(host) is not a valid host")
        }
        let fields = [("grant_type", "access_token"), ("service", host), ("access_token", access)]
        let request = CloudRequest.form(host, url, fields.map { (name: $0.0, value: $0.1) })
        let json = try await session.json(request) { json in
            let error = json["errors"]?.array?.first
            return (error?["code"]?.string, error?["message"]?.string)
        }
        guard let token = json["refresh_token"]?.string, !token.isEmpty, !token.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(service: host, problem: "there is no token in it")
        }
        return (token, identity.words)
    }

    /// The resource that a token must be issued for. Returns nil for other hosts, so that only Azure's registries
    /// receive a token.
    static func resource(of host: String) -> String? {
        let resources = [
            ".azurecr.io": "https://containerregistry.azure.net", ".azurecr.cn": "https://management.chinacloudapi.cn",
            ".azurecr.us": "https://management.usgovcloudapi.net",
        ]
        return resources.first { host.hasSuffix($0.key) }?.value
    }
}
