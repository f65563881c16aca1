/// User and password for one registry.
package struct RegistryLogin: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `host[:port]`.
    package let host: String
    package let username: String
    package let password: String

    package init(host: String, username: String, password: String) {
        self.host = host
        self.username = username
        self.password = password
    }

    /// Without the password, so that it can be interpolated by mistake.
    package var description: String { "\(username) at \(host)" }

    /// Keeps the password out of `dump` as well.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
