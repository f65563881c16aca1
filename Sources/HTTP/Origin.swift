package import FoundationEssentials

/// Scheme, host and port. Secrets for one address may be sent only to addresses with the same origin (RFC 6454).
package struct Origin: Hashable, CustomStringConvertible {
    package enum Scheme: String {
        case http
        case https

        package var defaultPort: Int { self == .https ? 443 : 80 }
    }

    package let scheme: Scheme
    /// In lower case; an IPv6 address without brackets.
    package let host: String
    package let port: Int

    package init(scheme: Scheme, host: String, port: Int?) {
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port ?? scheme.defaultPort
    }

    /// Nil if `url` is not absolute, or neither http nor https.
    package init?(_ url: URL) {
        guard let scheme = url.scheme.flatMap({ Scheme(rawValue: $0.lowercased()) }),
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.init(scheme: scheme, host: host.filter { $0 != "[" && $0 != "]" }, port: url.port)
    }

    /// `host`, or `host:port` if the port is not the scheme's default.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(authority)" }
}

extension URL {
    /// Whether the address contains a user or a password, which no legitimate redirect or link does.
    package var hasUserInformation: Bool {
        user(percentEncoded: true) != nil || password(percentEncoded: true) != nil
    }
}
