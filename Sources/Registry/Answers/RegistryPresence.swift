/// That a registry answers, and what it says on that occasion.
package struct RegistryPresence: Equatable, Sendable {
    /// The registry's clock, in milliseconds since 1970; nil if it does not say.
    package let serverTime: Int64?
    /// Whether it wants credentials for more than this. Asking for its presence alone needs none.
    package let wantsCredentials: Bool

    /// Whether it answered over http, without TLS.
    package let isPlain: Bool

    package init(serverTime: Int64?, wantsCredentials: Bool, isPlain: Bool) {
        self.serverTime = serverTime
        self.wantsCredentials = wantsCredentials
        self.isPlain = isPlain
    }
}
