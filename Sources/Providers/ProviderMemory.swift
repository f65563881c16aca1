/// What is remembered from one run to the next: how long logins last, and what a provider's tool has answered.
///
/// Nothing in it is a secret, and all of it can be lost.
package protocol ProviderMemory: Sendable {
    /// The last login to `host` in Docker's configuration directory `configuration`.
    func login(host: String, configuration: String) -> RememberedLogin?

    /// Remembers a login; nil forgets it.
    func remember(_ login: RememberedLogin?, host: String, configuration: String)

    /// The answer to a question, if it may still be believed.
    func answer(to question: String) -> String?

    /// - Parameter endsAt: until when it may be believed, in milliseconds since 1970
    func remember(_ answer: String, to question: String, endsAt: Int64)
}

/// A login that someone made before.
package struct RememberedLogin: Equatable, Sendable {
    /// Whose it is, in the words of the provider.
    package let identity: String
    /// Milliseconds since 1970.
    package let endsAt: Int64

    package init(identity: String, endsAt: Int64) {
        self.identity = identity
        self.endsAt = endsAt
    }
}
