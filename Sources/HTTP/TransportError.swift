import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemPackage

/// Why there is no answer to a request.
package enum TransportError: Error, Equatable {
    /// Nothing listens there, there is no way there, or the name is not known.
    case refused(String)
    /// The two sides did not agree on TLS. One reason is that the other side does not speak it.
    case handshake(String)
    /// The server's certificate is not one we trust.
    case untrusted(String)
    case timedOut
    /// The connection ended before there was an answer.
    case broken(String)
    /// The connection ended within the answer.
    case cutShort
    /// The body is longer than that many bytes.
    case tooLarge(limit: Int)
    /// What we were told to use for the connection (a proxy, a certificate) cannot be used.
    case unusable(String)
    case cancelled

    /// Whether the other side was there, and it was its certificate or its TLS that did not do.
    package var isOfTrust: Bool {
        switch self {
        case .handshake, .untrusted: true
        default: false
        }
    }

    /// Completes a sentence such as "The registry could not be asked: ".
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

    /// What to take it for when deciding about another try; nil if another would end the same way.
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
    /// Sorts what the client library throws. Its errors come from four layers, each with types of its own.
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

    /// An address is connected to directly; what goes wrong with a name comes as an `NIOConnectionError`.
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
        default: hasHead ? .cutShort : .broken("\(error)")
        }
    }

    /// BoringSSL tells its failures apart in text only.
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
