import Testing

@testable import HTTP
@testable import Registry

@Suite struct ProxyRulesTests {
    private static let proxy = Proxy(kind: .http, host: "proxy.example", port: 3128, username: nil, password: nil)

    private static func route(_ environment: [String: String], _ scheme: Origin.Scheme, _ host: String, _ port: Int?)
        -> ProxyRules.Route
    {
        ProxyRules(environment: environment).route(to: Origin(scheme: scheme, host: host, port: port))
    }

    @Test(
        arguments: [
            ([:], false),
            (["HTTPS_PROXY": "http://proxy.example:3128"], true),
            (["https_proxy": "http://proxy.example:3128"], true),
            (["HTTPS_PROXY": "proxy.example:3128"], true),
            (["HTTPS_PROXY": "", "https_proxy": "http://proxy.example:3128"], true),
            (["HTTP_PROXY": "http://proxy.example:3128"], false),
            (["ALL_PROXY": "http://proxy.example:3128"], false),
        ] as [([String: String], Bool)]
    )
    func theVariableIsTheOneOfTheScheme(environment: [String: String], isProxied: Bool) {
        let route = Self.route(environment, .https, "registry.example", nil)
        #expect(route == (isProxied ? .through(Self.proxy) : .direct))
    }

    @Test(arguments: [
        ("", "registry.example", 443, true),
        ("*", "registry.example", 443, false),
        ("registry.example", "registry.example", 443, false),
        ("REGISTRY.example", "registry.EXAMPLE", 443, false),
        ("example", "registry.example", 443, false),
        ("gistry.example", "registry.example", 443, true),
        (".example", "registry.example", 443, false),
        (".registry.example", "registry.example", 443, true),
        ("*.example", "registry.example", 443, false),
        ("*.registry.example", "registry.example", 443, true),
        ("registry.example:443", "registry.example", 443, false),
        ("registry.example:8443", "registry.example", 443, true),
        ("other.example, registry.example", "registry.example", 443, false),
        ("10.0.0.0/8", "10.1.2.3", 443, false),
        ("10.0.0.0/8", "11.1.2.3", 443, true),
        ("10.1.2.0/23", "10.1.3.9", 443, false),
        ("10.1.2.0/23", "10.1.4.1", 443, true),
        ("0.0.0.0/0", "8.8.8.8", 443, false),
        ("10.0.0.0/8", "10.example", 443, true),
        ("10.0.0.0/99", "10.1.2.3", 443, true),
        ("10.1.2.3", "10.1.2.3", 5000, false),
        ("10.1.2.3:5000", "10.1.2.3", 5000, false),
        ("10.1.2.3:5001", "10.1.2.3", 5000, true),
        ("fd00::/8", "fd12::1", 443, false),
        ("[fd12::1]:443", "fd12::1", 443, false),
        ("[fd12::1]:444", "fd12::1", 443, true),
        (".", "registry.example", 443, true),
        ("", "localhost", 5000, false),
        ("", "127.8.9.1", 5000, false),
        ("", "::1", 5000, false),
        ("", "128.0.0.1", 5000, true),
    ])
    func exceptionsAreReadAsGoReadsThem(exceptions: String, host: String, port: Int, isProxied: Bool) {
        let environment = ["HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions]
        #expect(Self.route(environment, .https, host, port) == (isProxied ? .through(Self.proxy) : .direct))
    }

    @Test(
        arguments: [
            ("http://proxy.example", Proxy(kind: .http, host: "proxy.example", port: 80, username: nil, password: nil)),
            (
                "http://user:p%40ss@proxy.example:1",
                Proxy(kind: .http, host: "proxy.example", port: 1, username: "user", password: "p@ss")
            ),
            ("socks5://[fd00::1]", Proxy(kind: .socks, host: "fd00::1", port: 1080, username: nil, password: nil)),
            ("https://proxy.example", nil),
            ("socks5://user:secret@proxy.example", nil),
            ("http://", nil),
        ] as [(String, Proxy?)]
    )
    func theValueIsTheAddressOfAProxy(value: String, expected: Proxy?) {
        let route = Self.route(["http_proxy": value], .http, "registry.example", nil)
        #expect(route == (expected.map { .through($0) } ?? .unusable(variable: "http_proxy")))
    }
}
