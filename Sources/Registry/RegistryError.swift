import HTTP

/// Why a registry did not do, or did not tell, what it was asked to.
package struct RegistryError: Error, Equatable, CustomStringConvertible {
    /// What kind of failure it is: what callers decide by.
    package enum Reason: Equatable, Sendable {
        /// Something is not there that other content of the registry refers to.
        case notFound
        /// The registry, or its token server, wants credentials, or other ones.
        case unauthorised
        /// The credentials do not allow it.
        case forbidden
        /// The tag is there already and may not be moved.
        case immutableTag
        /// Too many requests, for longer than we can wait.
        case rateLimited
        /// No answer, in time or at all. The same client does not ask again.
        case unreachable
        /// The server had a fault of its own.
        case serverFailed
        /// Something answers there that is no registry.
        case notARegistry
        /// The answer is not what was asked for: wrong digest, cut short, too large, malformed.
        case invalidContent
        /// The registry does not do such things, or they are switched off.
        case unsupported
        /// The registry does not accept the request.
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
    /// What the registry said, or what is wrong. One line; may be empty.
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
        case .unreachable: "\(host) could not be asked"
        case .serverFailed: "\(host) failed"
        case .notARegistry: "What answers at \(host) is not a registry"
        case .invalidContent: "\(host) sent something that cannot be used"
        case .unsupported: "\(host) does not do this"
        case .refused: "\(host) refused the request"
        case .credentialsUnavailable: "The credentials for \(host) could not be read"
        case .cancelled: "\(host) was no longer asked, because the work was cancelled"
        }
    }

    /// Whether the registry answered, and what it has there is damaged or of no form that is known.
    package var isOfContent: Bool { [.invalidContent, .notFound].contains(reason) }

    /// What to do about it.
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
    /// What it means where a registry was asked.
    var reason: RegistryError.Reason {
        switch self {
        case .cutShort, .tooLarge: .invalidContent
        case .cancelled: .cancelled
        case .refused, .handshake, .untrusted, .timedOut, .broken, .unusable: .unreachable
        }
    }
}
