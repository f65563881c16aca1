import FoundationEssentials
import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// Whether the registry would take a push to `repository`: an upload is begun and taken back. Two requests.
    ///
    /// No blob comes of it. Throws what would keep a push from succeeding, such as ``RegistryError/Reason/forbidden``.
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
                throw invalid(.invalidContent, request, "it does not say where the upload goes on")
            }
            request.method = .DELETE
            request.target = .url(session)
            do throws(RegistryError) {
                return try await connection.ask(request, before: deadline) == nil ? .acceptedForGood : .accepted
            } catch  where error.reason != .cancelled {
                // Some registries cannot do this (Amazon ECR among them), and the push would have worked all the same.
                return .acceptedForGood
            }
        }
    }

    /// Puts a blob into `repository`. Two requests, or one where the repository has it and says so.
    ///
    /// - Parameter mayBeThere: whether it is worth asking on the way if it is there already
    func upload(
        _ bytes: [UInt8],
        to repository: RepositoryName,
        mayBeThere: Bool,
        before deadline: Deadline
    ) async throws(RegistryError) {
        let digest = Digest(of: bytes)
        // A blob can be mounted from the repository that it is to be in.
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
        else { throw invalid(.invalidContent, request, "it does not say where the upload goes on") }
        request.method = .PUT
        request.target = .url(target)
        request.contentType = MediaType("application/octet-stream")
        request.body = bytes
        guard try await connection.ask(request, before: deadline) != nil else {
            throw invalid(.notFound, request, "the upload is not there any more")
        }
    }

    /// The address that ends an upload with its only part (OCI distribution specification, "POST then PUT").
    private static func completed(_ session: URL, digest: Digest) -> URL? {
        let address = session.absoluteString
        return URL(string: address + (address.contains("?") ? "&" : "?") + "digest=\(digest)")
    }

    /// Where an upload goes on: an address of its own, often with a query.
    private static func session(in response: HTTPResponse) -> URL? {
        guard let location = response.headers.first(name: "Location"),
            let url = URL(string: location, relativeTo: response.url)?.absoluteURL, let target = Origin(url),
            !url.hasUserInformation, target.scheme == .https || Origin(response.url)?.scheme == .http
        else { return nil }
        return url
    }
}

/// How a registry took the beginning of an upload that was not meant.
package enum UploadTrial: Equatable, Sendable {
    /// It would have taken a blob. Nothing is left of the attempt.
    case accepted
    /// It would have taken a blob, and did not let the upload be taken back. It forgets it by itself, after some time.
    case acceptedForGood
    /// The repository is not there.
    case noRepository
}
