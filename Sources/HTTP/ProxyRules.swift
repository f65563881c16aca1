import FoundationEssentials

/// The proxy for each connection: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case.
///
/// The rules are those of Go's `httpproxy` package, because Docker's own pulls and pushes on this machine follow them.
struct ProxyRules {
    enum Route: Equatable {
        case direct
        case through(Proxy)
        /// The variable's value is not a usable proxy address. It is left out because it may contain a password.
        case unusable(variable: String)
    }

    private let proxies: [Origin.Scheme: (variable: String, value: String)]
    private let exceptions: [HostPattern]

    package init(environment: [String: String]) {
        func first(of names: String...) -> (variable: String, value: String)? {
            for name in names {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        var proxies: [Origin.Scheme: (variable: String, value: String)] = [:]
        proxies[.https] = first(of: "HTTPS_PROXY", "https_proxy")
        proxies[.http] = first(of: "HTTP_PROXY", "http_proxy")
        self.proxies = proxies
        let list = first(of: "NO_PROXY", "no_proxy")?.value ?? ""
        exceptions = list.split(separator: ",").compactMap {
            HostPattern(excludingFromProxy: String($0.filter { !$0.isWhitespace }))
        }
    }

    /// The route to `origin`. Services on this machine are never reached through a proxy.
    func route(to origin: Origin) -> Route {
        guard let (variable, value) = proxies[origin.scheme] else { return .direct }
        if origin.host == "localhost" || IPAddress(origin.host)?.isLoopback == true { return .direct }
        if exceptions.contains(where: { $0.matches(host: origin.host, port: origin.port) }) { return .direct }
        return Self.proxy(value).map { .through($0) } ?? .unusable(variable: variable)
    }

    /// Reads `http://user:password@host:port`. The default scheme is http.
    private static func proxy(_ text: String) -> Proxy? {
        guard let url = URL(string: text.contains("://") ? text : "http://\(text)"),
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        let kind: Proxy.Kind
        switch url.scheme?.lowercased() {
        case "http": kind = .http
        case "socks5", "socks5h": kind = .socks
        default: return nil
        }
        let user = url.user(percentEncoded: false)
        // The client library does not support SOCKS with a password.
        guard kind == .http || user == nil else { return nil }
        return Proxy(
            kind: kind,
            host: host.filter { $0 != "[" && $0 != "]" },
            port: url.port ?? (kind == .http ? 80 : 1080),
            username: user,
            password: url.password(percentEncoded: false)
        )
    }
}

/// A proxy for connections.
struct Proxy: Hashable {
    package enum Kind: Hashable {
        /// Used with `CONNECT`.
        case http
        /// SOCKS version 5.
        case socks
    }

    package let kind: Kind
    package let host: String
    package let port: Int
    package let username: String?
    package let password: String?
}
