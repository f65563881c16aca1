import FoundationEssentials
import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// Tests whether the registry would accept a push to `repository`, by starting and cancelling an upload. Takes two
    /// requests.
    ///
    /// No blob is created. Throws any error that would make a push fail, such as ``RegistryError/Reason/forbidden``.
    package func tryUpload(to repository: RepositoryName) async throws(RegistryError) -> UploadTrial {
        try await operation { deadline async throws(RegistryError) in
            var request = RegistryRequest(
                method: .POST,
                target: .path(try path(repository, "blobs/uploads/")),
                scope: .push(Self.name(in: repository)),
                bodyLimit: settings.errorLimit
            )
            guard let begun = try await connection.ask(request, before: deadline) else { return .noRepository }
            guard begun.status == 202, let session = Self.session(in: begun) else {
                throw invalid(.invalidContent, request, "it does not say where to continue the upload")
            }
            request.method = .DELETE
            request.target = .url(session)
            do throws(RegistryError) {
                return try await connection.ask(request, before: deadline) == nil ? .acceptedForGood : .accepted
            } catch  where error.reason != .cancelled {
                // Some registries do not support this (Amazon ECR among them), but the push would have worked.
                return .acceptedForGood
            }
        }
    }

    /// Uploads a blob to `repository`. Takes two requests, or one if the registry reports that the repository has it.
    ///
    /// - Parameter mayBeThere: whether to check in the first request if the blob exists already
    func upload(
        _ bytes: [UInt8],
        to repository: RepositoryName,
        mayBeThere: Bool,
        before deadline: Deadline
    ) async throws(RegistryError) {
        let digest = Digest(of: bytes)
        // A blob can be mounted from the same repository that it is uploaded to.
        let name = Self.name(in: repository)
        var request = RegistryRequest(
            method: .POST,
            target: .path(
                try path(repository, "blobs/uploads/" + (mayBeThere ? "?mount=\(digest)&from=\(name)" : ""))
            ),
            scope: .push(name),
            bodyLimit: settings.errorLimit
        )
        guard let begun = try await connection.ask(request, before: deadline) else {
            throw invalid(.notFound, request, "the repository is not there")
        }
        guard begun.status != 201 else { return }
        guard begun.status == 202, let session = Self.session(in: begun),
            let target = Self.completed(session, digest: digest)
        else { throw invalid(.invalidContent, request, "it does not say where to continue the upload") }
        request.method = .PUT
        request.target = .url(target)
        request.contentType = MediaType("application/octet-stream")
        request.body = bytes
        guard try await connection.ask(request, before: deadline) != nil else {
            throw invalid(.notFound, request, "the upload is not there any more")
        }
    }

    /// The address that completes an upload with a single part (OCI distribution specification, "POST then PUT").
    private static func completed(_ session: URL, digest: Digest) -> URL? {
        let address = session.absoluteString
        return URL(string: address + (address.contains("?") ? "&" : "?") + "digest=\(digest)")
    }

    /// The address at which an upload continues, often with a query.
    private static func session(in response: HTTPResponse) -> URL? {
        guard let location = response.headers.first(name: "Location"),
            let url = URL(string: location, relativeTo: response.url)?.absoluteURL, let target = Origin(url),
            !url.hasUserInformation, target.scheme == .https || Origin(response.url)?.scheme == .http
        else { return nil }
        return url
    }
}

/// The result of a trial upload.
package enum UploadTrial: Equatable, Sendable {
    /// The registry would accept a blob. Nothing is left of the attempt.
    case accepted
    /// The registry would accept a blob but did not cancel the upload. It discards the upload by itself after some
    /// time.
    case acceptedForGood
    /// The repository does not exist.
    case noRepository
}
