import AsyncHTTPClient
import FoundationEssentials
import HTTP
import Images
import NIOCore
import NIOHTTP1
import NIOSSL

@testable import Registry

/// Uploads images to a real registry, as `docker push` does. The client under test needs no such function.
struct Uploader {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let registry: RealRegistry
    let repository: RepositoryName
    private let client: HTTPClient
    private let authorization: String?

    /// Runs `body` with an uploader to a new repository, whose name no other test uses.
    static func withUploader(to registry: RealRegistry, _ body: (Uploader) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = .clientDefault
        configuration.tlsConfiguration?.certificateVerification = .none
        try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let name = "test/r\(UInt64.random(in: 0...UInt64.max))"
            let uploader = Uploader(
                registry: registry,
                repository: try RepositoryName(host: registry.address, path: name),
                client: client,
                authorization: try await authorization(registry, name, client)
            )
            try await body(uploader)
        }
    }

    /// A reference in the repository.
    func reference(_ tag: String) throws -> RegistryReference {
        try RegistryReference(repository: repository, tag: tag)
    }

    /// Uploads the configuration, the layer and the manifest of `image`, under `tag` or the manifest's digest.
    func put(_ image: SampleImage, tag: String? = nil) async throws {
        for blob in [image.configuration, image.layer] { try await putBlob(Array(blob.utf8)) }
        try await putManifest(image.manifest, type: image.type, name: tag ?? image.digest.description)
    }

    func putManifest(_ content: String, type: MediaType, name: String) async throws {
        let headers: HTTPHeaders = ["Content-Type": type.description]
        _ = try await send(.PUT, path("manifests/\(name)"), headers, Array(content.utf8), expecting: 201)
    }

    private func putBlob(_ content: [UInt8]) async throws {
        let begun = try await send(.POST, path("blobs/uploads/"), [:], [], expecting: 202)
        let location = begun.headers.first(name: "Location") ?? ""
        guard let url = URL(string: location, relativeTo: begun.url)?.absoluteString else {
            throw Failure(description: "no location in the answer to an upload: \(location)")
        }
        let separator = url.contains("?") ? "&" : "?"
        let headers: HTTPHeaders = ["Content-Type": "application/octet-stream"]
        _ = try await send(.PUT, "\(url)\(separator)digest=\(Digest(of: content))", headers, content, expecting: 201)
    }

    private func path(_ rest: String) -> String {
        "\(Self.base(registry))/v2/\(repository.path)/\(rest)"
    }

    private func send(
        _ method: HTTPMethod,
        _ url: String,
        _ headers: HTTPHeaders,
        _ body: [UInt8],
        expecting status: UInt
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await client.execute(request, timeout: .seconds(30))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        guard response.status.code == status else {
            throw Failure(description: "\(method) \(url): \(response.status) \(text)")
        }
        return response
    }

    private static func base(_ registry: RealRegistry) -> String {
        (registry.protection == .certificate ? "https://" : "http://") + registry.address
    }

    private static func authorization(
        _ registry: RealRegistry,
        _ name: String,
        _ client: HTTPClient
    ) async throws -> String? {
        guard let credential = registry.credential else { return nil }
        guard registry.protection == .token else { return TokenRequest.basic(credential) }
        let refusal = try await client.execute(
            HTTPClientRequest(url: "\(base(registry))/v2/\(name)/tags/list"),
            timeout: .seconds(30)
        )
        let challenge = AuthenticationChallenge.parse(refusal.headers["WWW-Authenticate"]).first
        guard let challenge, let realm = challenge.parameters["realm"].flatMap({ URL(string: $0) }),
            let asked = TokenRequest.get(
                realm: realm,
                service: challenge.parameters["service"],
                scopes: [.push(name)],
                credential: credential,
                bodyLimit: 0
            )
        else { throw Failure(description: "no challenge for a token") }
        var request = HTTPClientRequest(url: asked.url.absoluteString)
        request.headers = asked.headers
        let answer = try await client.execute(request, timeout: .seconds(30))
        let body = Array(try await answer.body.collect(upTo: 1 << 20).readableBytesView)
        guard let token = TokenResponse(parsing: body) else { throw Failure(description: "no token: \(answer.status)") }
        return "Bearer \(token.token)"
    }
}
