import FoundationEssentials
import HTTP
import NIOHTTP1

/// The metadata server of an EC2 instance, version 2 only.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
struct InstanceMetadata: Sendable {
    static let service = "the instance's metadata server"

    private let base: URL
    private let session: CloudSession
    private let token: String

    /// Gets the token that every request needs.
    static func open(_ base: URL, _ session: CloudSession) async throws(CloudError) -> InstanceMetadata {
        let headers: HTTPHeaders = ["X-aws-ec2-metadata-token-ttl-seconds": "60"]
        let token: String
        do throws(CloudError) {
            token = try await ask(.PUT, base, "latest/api/token", headers, absence: "", session)
        } catch {
            guard case .refused(_, let status, _, _) = error else { throw error }
            // A replacement server may support only version 1, which the command line can use.
            throw .leftToTool("\(service) gives no token for its second version (status \(status))")
        }
        // Rejects an HTML page from some other server.
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !token.hasPrefix("<") else {
            throw .unexpectedAnswer(service: service, problem: "there is no token in it")
        }
        return InstanceMetadata(base: base, session: session, token: token)
    }

    /// - Parameter absence: the meaning of a missing path
    func text(_ path: String, absence: String) async throws(CloudError) -> String {
        let headers: HTTPHeaders = ["X-aws-ec2-metadata-token": token]
        return try await Self.ask(.GET, base, path, headers, absence: absence, session)
    }

    private static func ask(
        _ method: HTTPMethod,
        _ base: URL,
        _ path: String,
        _ headers: HTTPHeaders,
        absence: String,
        _ session: CloudSession
    ) async throws(CloudError) -> String {
        guard let url = base.below(path) else {
            throw .noAccount("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a valid address")
        }
        let response = try await session.send(CloudRequest(service, method, url, headers: headers, reach: .machine))
        guard response.isSuccess else {
            let problem = response.status == 404 ? absence : ""
            throw .refused(service: service, status: response.status, code: nil, message: problem)
        }
        return String(decoding: response.body, as: UTF8.self)
    }
}

extension CloudSession {
    /// The AWS region of this machine; nil if its credentials are not the instance's, or the metadata has no region.
    nonisolated func instanceRegion() async -> String? {
        do throws(CloudError) {
            let profile = AWSProfile(environment: environment, home: home, read: text)
            let source = try AWSCredentialSource.choose(environment: environment, profile: profile, machine: machine)
            guard case .instance(let base) = source else { return nil }
            let metadata = try await InstanceMetadata.open(base, self)
            let region = try await metadata.text("latest/meta-data/placement/region", absence: "")
            return ECRRegistry.isRegion(region) ? region : nil
        } catch {
            // Missing credentials are reported where they are needed.
            return nil
        }
    }
}
