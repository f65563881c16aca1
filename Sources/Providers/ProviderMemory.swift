/// The data that is kept between runs: when logins expire, and the answers of a provider's tool.
///
/// It contains no secrets, and losing it does no harm.
package protocol ProviderMemory: Sendable {
    /// The last login to `host` in Docker's configuration directory `configuration`.
    func login(host: String, configuration: String) -> RememberedLogin?

    /// Remembers a login; nil forgets it.
    func remember(_ login: RememberedLogin?, host: String, configuration: String)

    /// The answer to a question, if it is still valid.
    func answer(to question: String) -> String?

    /// - Parameter endsAt: when the answer expires, in milliseconds since 1970
    func remember(_ answer: String, to question: String, endsAt: Int64)
}

/// A login that was made earlier.
package struct RememberedLogin: Equatable, Sendable {
    /// A value of ``Provider/loginIdentity(_:)``.
    package let identity: String
    /// When the login expires, in milliseconds since 1970.
    package let endsAt: Int64

    package init(identity: String, endsAt: Int64) {
        self.identity = identity
        self.endsAt = endsAt
    }
}
