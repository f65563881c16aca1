import Crypto
import Formatting
package import FoundationEssentials
import NIOHTTP1
import Synchronization

/// The content at an address.
package struct RemoteContent: Equatable, Sendable {
    /// SHA-256, 64 hex digits.
    package var digest: String
    /// The server's strong `ETag`; nil without one. Equal tags of one address mean equal bytes (RFC 9110, 8.8.1).
    package var tag: String?
    /// The SHA-256 of the final address after all redirects. It is hashed because addresses can contain secrets.
    package var address: String

    package init(digest: String, tag: String?, address: String) {
        self.digest = digest
        self.tag = tag
        self.address = address
    }
}

/// The reason why the content at an address could not be determined.
package enum FetchError: Error, Equatable, CustomStringConvertible {
    case transport(TransportError)
    case status(Int)
    case redirect(String)

    package var description: String {
        switch self {
        case .transport(let error): error.words
        case .status(let status): "the server answered with status \(status)"
        case .redirect(let words): words
        }
    }
}

/// Determines the content at an address, of any size: the content is only hashed, never stored.
package struct ContentFetcher: Sendable {
    let transport: HTTPTransport
    /// The maximum time for everything: redirects, retries, and the content itself. A request ends earlier if the
    /// server sends nothing for a while.
    let limit: Duration
    let sleep: @Sendable (Duration) async throws -> Void

    package init(
        transport: HTTPTransport,
        limit: Duration = .seconds(300),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.transport = transport
        self.limit = limit
        self.sleep = sleep
    }

    /// Fetches and hashes the content at an address.
    ///
    /// - Parameters:
    ///   - url: an address without a user
    ///   - known: the content of an earlier fetch, which is returned if the server confirms that it has not changed
    package func content(at url: URL, known: RemoteContent?) async throws(FetchError) -> RemoteContent {
        guard !url.hasUserInformation else { throw .redirect("the address has a user in it") }
        let deadline = ContinuousClock.now + limit
        var url = url
        var followed = 0
        while true {
            var request = HTTPRequest(url: url, bodyLimit: 0)
            let address = SHA256.hash(data: Array(url.absoluteString.utf8)).hexadecimal
            let condition = known?.address == address ? known?.tag : nil
            if let condition { request.headers.replaceOrAdd(name: "If-None-Match", value: condition) }
            let (response, digest) = try await send(request, before: deadline)
            if response.status == 304, condition != nil, let known { return known }
            let decision = RedirectPolicy.decide(
                status: response.status,
                location: response.headers.first(name: "Location"),
                from: url,
                isRead: true,
                followed: followed
            )
            switch decision {
            case .stay:
                guard response.isSuccess else { throw .status(response.status) }
                let tag = response.headers.first(name: "ETag").flatMap { $0.hasPrefix("\"") ? $0 : nil }
                return RemoteContent(digest: digest, tag: tag, address: address)
            case .refuse(let words): throw .redirect(words)
            case .follow(let target, _):
                url = target
                followed += 1
            }
        }
    }

    /// Sends a request, with retries while they can help. The digest is that of a successful answer's body.
    private func send(
        _ request: HTTPRequest,
        before deadline: ContinuousClock.Instant
    ) async throws(FetchError) -> (HTTPResponse, digest: String) {
        var tries = 0
        while true {
            tries += 1
            let sink = DigestSink()
            let result: Result<HTTPResponse, TransportError>
            let obstacle: RetryPolicy.Obstacle?
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw .transport(.timedOut) }
            do throws(TransportError) {
                let response = try await transport.send(request, limit: left, isRegistry: false, consume: sink.update)
                result = .success(response)
                obstacle = .status(response.status, retryAfter: RetryPolicy.retryAfter(response.headers))
            } catch {
                result = .failure(error)
                obstacle = error.obstacle
            }
            let wait = obstacle.flatMap {
                RetryPolicy.wait(
                    after: $0,
                    tries: tries,
                    remaining: min(Self.patience, deadline - ContinuousClock.now),
                    jitter: .random(in: 0..<1)
                )
            }
            guard let wait, (try? await sleep(wait)) != nil else {
                do throws(TransportError) {
                    return (try result.get(), sink.digest)
                } catch {
                    throw .transport(error)
                }
            }
        }
    }

    /// The maximum wait before a retry, as for registries.
    private static let patience = Duration.seconds(10)
}

/// A hash that is updated while an answer is read.
private final class DigestSink: Sendable {
    private let hasher = Mutex(SHA256())

    @Sendable func update(_ bytes: UnsafeRawBufferPointer) {
        hasher.withLock { $0.update(bufferPointer: bytes) }
    }

    /// 64 hex digits.
    var digest: String { hasher.withLock { $0.finalize().hexadecimal } }
}
