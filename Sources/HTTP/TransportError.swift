import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemPackage

/// The reason for a request without an answer.
package enum TransportError: Error, Equatable {
    /// Nothing listens there, there is no route, or the name is unknown.
    case refused(String)
    /// The TLS handshake failed, for example because the other side does not use TLS.
    case handshake(String)
    /// The server's certificate is not trusted.
    case untrusted(String)
    case timedOut
    /// The connection ended before an answer.
    case broken(String)
    /// The connection ended in the middle of the answer.
    case cutShort
    /// The body is longer than `limit` bytes.
    case tooLarge(limit: Int)
    /// A configured proxy or certificate cannot be used.
    case unusable(String)
    case cancelled

    /// Whether the server was reached, but its certificate or TLS was not acceptable.
    package var isOfTrust: Bool {
        switch self {
        case .handshake, .untrusted: true
        default: false
        }
    }

    /// Completes a sentence such as "The registry could not be reached: ".
    package var words: String {
        switch self {
        case .refused(let message): message
        case .handshake(let message): "the TLS handshake failed: \(message)"
        case .untrusted(let message): "its certificate is not trusted: \(message)"
        case .timedOut: "no answer in time"
        case .broken(let message): "the connection ended without an answer: \(message)"
        case .cutShort: "the answer was cut short"
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .unusable(let message): message
        case .cancelled: ""
        }
    }

    /// The corresponding obstacle for the retry policy; nil if a retry would fail in the same way.
    package var obstacle: RetryPolicy.Obstacle? {
        switch self {
        case .refused: .refused
        case .timedOut: .timedOut
        case .broken, .cutShort: .broken
        case .handshake, .untrusted, .tooLarge, .unusable, .cancelled: nil
        }
    }
}

extension TransportError {
    /// Classifies an error of the client library. Errors come from four layers, each with its own types.
    ///
    /// - Parameter hasHead: whether the answer had begun
    package init(_ error: any Error, hasHead: Bool) {
        switch error {
        case let error as TransportError:
            self = error
        case is CancellationError:
            self = .cancelled
        case let error as HTTPClientError:
            self = Self.classified(error, hasHead: hasHead)
        case let error as NIOConnectionError:
            self = .refused(Self.words(error))
        case let error as NIOSSLError:
            self = Self.classified("\(error)", hasHead: hasHead)
        case let error as BoringSSLError:
            self = Self.classified("\(error)", hasHead: hasHead)
        case let error as NIOSSLExtraError:
            self = error == .failedToValidateHostname ? .untrusted("it is for another host") : .untrusted("\(error)")
        case let error as IOError:
            self = Self.classified(Errno(rawValue: error.errnoCode), hasHead: hasHead)
        default:
            self = hasHead ? .cutShort : .broken("\(error)")
        }
    }

    /// The library connects to an address directly. Failures for a name arrive as an `NIOConnectionError`.
    private static func classified(_ error: Errno, hasHead: Bool) -> TransportError {
        switch error {
        case .connectionRefused, .noRouteToHost, .networkUnreachable, .addressNotAvailable:
            .refused("no connection: \(error)")
        case .timedOut: .timedOut
        default: hasHead ? .cutShort : .broken("\(error)")
        }
    }

    private static func classified(_ error: HTTPClientError, hasHead: Bool) -> TransportError {
        switch error {
        case .cancelled: .cancelled
        case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout, .readTimeout,
            .deadlineExceeded, .getConnectionFromPoolTimeout, .writeTimeout:
            .timedOut
        case .proxyAuthenticationRequired: .unusable("the proxy wants a user and a password")
        case .invalidProxyResponse: .refused("the proxy does not connect to it")
        case .remoteConnectionClosed: hasHead ? .cutShort : .broken("the other side closed it")
        default: hasHead ? .cutShort : .broken(error.shortDescription)
        }
    }

    /// BoringSSL distinguishes its failures only by their text.
    private static func classified(_ text: String, hasHead: Bool) -> TransportError {
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return .untrusted("it is not signed by an authority that this machine trusts")
        }
        if hasHead { return .cutShort }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return .handshake("the other side does not speak TLS")
        }
        if text.contains("uncleanShutdown") { return .handshake("the other side hung up") }
        return .handshake(text)
    }

    private static func words(_ error: NIOConnectionError) -> String {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return "the name \(error.host) is not known"
        }
        let failures = error.connectionErrors.map { failure -> String in
            if let error = failure.error as? IOError { return "\(Errno(rawValue: error.errnoCode))" }
            return "\(failure.error)"
        }
        return "no connection to port \(error.port): \(failures.first ?? "no address")"
    }
}
