import Formatting
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1

/// The API of Google Artifact Registry, as far as a first push needs it.
///
/// https://cloud.google.com/artifact-registry/docs/reference/rest
struct ArtifactRegistry: Sendable {
    let token: String
    let session: CloudSession

    private static let service = "Artifact Registry"

    /// Creates a repository for images. Returns false if it already existed.
    func createRepository(_ name: String, project: String, location: String) async throws(CloudError) -> Bool {
        let parent = "v1/projects/\(project)/locations/\(location)/repositories"
        do throws(CloudError) {
            _ = try await ask(.GET, "\(parent)/\(name.percentEncoded)")
            return false
        } catch {
            guard case .refused(_, 404, _, _) = error else { throw error }
        }
        do throws(CloudError) {
            let path = "\(parent)?repositoryId=\(name.percentEncoded)"
            try await waitFor(try await ask(.POST, path, CloudRequest.json(["format": "DOCKER"])))
        } catch {
            // Another agent created it first.
            if case .refused(_, 409, _, _) = error { return true }
            throw error
        }
        return true
    }

    /// Polls an operation until it is done. Creating a repository takes a few seconds.
    private func waitFor(_ operation: JSONValue) async throws(CloudError) {
        var operation = operation
        for _ in 0..<Self.mostQuestions {
            if let error = operation["error"] {
                let code = error["code"]?.integer.map(Int.init) ?? 0
                // https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
                let status = code == 6 ? 409 : code == 7 ? 403 : 500
                let message = CloudSession.shown(error["message"]?.string ?? "")
                throw .refused(service: Self.service, status: status, code: nil, message: message)
            }
            guard operation["done"] != .bool(true) else { return }
            guard let name = operation["name"]?.string, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .unexpectedAnswer(service: Self.service, problem: "there is no operation in it")
            }
            // Stops polling when cancelled.
            guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { break }
            operation = try await ask(.GET, "v1/\(name)")
        }
        throw .unexpectedAnswer(service: Self.service, problem: "the repository was not made in time")
    }

    /// The maximum number of polls. Their waits add up to 30 seconds.
    private static let mostQuestions = 60

    private func ask(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = []) async throws(CloudError) -> JSONValue {
        let base =
            session.variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY")
            ?? "https://artifactregistry.googleapis.com/"
        guard let url = URL(string: base)?.below(path), Origin(url) != nil else {
            throw .noAccount("CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY is not a valid address")
        }
        var headers: HTTPHeaders = ["Authorization": "Bearer \(token)"]
        if !body.isEmpty { headers.add(name: "Content-Type", value: "application/json") }
        return try await session.json(CloudRequest(Self.service, method, url, headers: headers, body: body))
    }
}
