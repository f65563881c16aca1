import HTTP

/// Why a request to a registry failed.
package struct RegistryError: Error, Equatable, CustomStringConvertible {
    /// The kind of failure, by which callers decide what to do.
    package enum Reason: Equatable, Sendable {
        /// An object that other content of the registry refers to does not exist.
        case notFound
        /// The registry or its token server requires credentials, or different ones.
        case unauthorised
        /// The credentials do not permit the request.
        case forbidden
        /// The tag exists and may not be moved.
        case immutableTag
        /// Too many requests, for longer than an operation can wait.
        case rateLimited
        /// No answer in time, or none at all. The same client does not try again.
        case unreachable
        /// The server had an internal error.
        case serverFailed
        /// The host answers but is not a registry.
        case notARegistry
        /// The answer is not the requested content: wrong digest, truncated, too large, or malformed.
        case invalidContent
        /// The registry does not support the request, or has disabled it.
        case unsupported
        /// The registry rejected the request.
        case refused
        /// The credentials could not be read.
        case credentialsUnavailable
        /// The task was cancelled.
        case cancelled
    }

    package let reason: Reason
    /// The registry, or the token server: `host[:port]`.
    package let host: String
    /// Method and path, without a query.
    package let request: String
    /// The registry's message, or a description of the problem. One line; may be empty.
    package let words: String

    package init(_ reason: Reason, host: String, request: String, words: String) {
        self.reason = reason
        self.host = host
        self.request = request
        self.words = words
    }

    package var description: String {
        "\(headline) (\(request))\(words.isEmpty ? "." : ": \(Self.sentence(words))")\(advice.map { " \($0)" } ?? "")"
    }

    private var headline: String {
        switch reason {
        case .notFound: "\(host) does not have what its own content refers to"
        case .unauthorised: "\(host) does not accept the credentials, or there are none"
        case .forbidden: "\(host) does not allow it"
        case .immutableTag: "\(host) does not move a tag that is there"
        case .rateLimited: "\(host) gets too many requests"
        case .unreachable: "\(host) could not be reached"
        case .serverFailed: "\(host) failed"
        case .notARegistry: "\(host) is not a registry"
        case .invalidContent: "\(host) sent something that cannot be used"
        case .unsupported: "\(host) does not do this"
        case .refused: "\(host) refused the request"
        case .credentialsUnavailable: "The credentials for \(host) could not be read"
        case .cancelled: "\(host) was not queried, because the work was cancelled"
        }
    }

    /// Whether the registry answered, but its content is damaged or of an unknown form.
    package var isOfContent: Bool { [.invalidContent, .notFound].contains(reason) }

    /// Advice for the user. Nil if there is none.
    package var advice: String? {
        switch reason {
        case .notFound: "Build and push the image again; parts of it are gone."
        case .unauthorised: "Log in with `docker login`, and check that the repository exists and may be read."
        case .forbidden: "Give these credentials the permission, or use others."
        case .immutableTag: "Allow this tag to be overwritten, or choose one that is not moved."
        case .rateLimited: "Log in if you have not, or ask less often."
        case .unreachable: "Check the host's name, the network, its certificate, and the proxy settings of this agent."
        case .serverFailed: "Look at the registry's own log, or try again later."
        case .notARegistry: "Check the host, the port, and whether a proxy or a login page stands before it."
        case .invalidContent: "Push the image again; if that does not help, look for a proxy that changes content."
        case .unsupported: "Allow it in the registry's configuration, or use the provider's own tools."
        case .refused: nil
        case .credentialsUnavailable: "Run `docker login` again, or look at the credential helper."
        case .cancelled: nil
        }
    }

    private static func sentence(_ text: String) -> String {
        [".", "?", "!", "…"].contains { text.hasSuffix($0) } ? text : text + "."
    }
}

extension TransportError {
    /// The reason that corresponds to this error in a request to a registry.
    var reason: RegistryError.Reason {
        switch self {
        case .cutShort, .tooLarge: .invalidContent
        case .cancelled: .cancelled
        case .refused, .handshake, .untrusted, .timedOut, .broken, .unusable: .unreachable
        }
    }
}
