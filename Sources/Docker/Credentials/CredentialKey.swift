/// The name under which Docker keeps a registry's credentials, in whichever way it is written.
///
/// Clients have written `host[:port]`, `https://host` and `https://host/v1/` over the years, and read all of them.
struct CredentialKey: Equatable {
    /// `host[:port]`; `index.docker.io` for every name of Docker Hub.
    let host: String

    init(_ text: String) {
        var rest = Substring(text)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest.removeFirst(scheme.count)
        }
        let name = String(rest.prefix { $0 != "/" })
        host = Self.dockerHub.contains(name) ? Self.dockerHubIndex : name
    }

    /// What Docker itself writes, and gives to helpers.
    var serverAddress: String {
        host == Self.dockerHubIndex ? "https://\(host)/v1/" : host
    }

    /// The value in `table` that is meant for this registry: the one under Docker's own spelling if there is one.
    func value<Value>(in table: [String: Value]) -> Value? {
        if let value = table[serverAddress] { return value }
        // Docker takes any of several; sorted, it is the same one every time.
        return table.keys.sorted().first { CredentialKey($0) == self }.flatMap { table[$0] }
    }

    private static let dockerHubIndex = "index.docker.io"
    private static let dockerHub: Set<String> = ["docker.io", dockerHubIndex, "registry-1.docker.io"]
}
