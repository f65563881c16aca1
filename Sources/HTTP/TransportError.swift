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
