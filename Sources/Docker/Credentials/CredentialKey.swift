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

    /// The values in `table` that are meant for this registry, the one under Docker's own spelling first.
    func values<Value>(in table: [String: Value]) -> [Value] {
        let exact = table[serverAddress].map { [$0] } ?? []
        let others = table.filter { $0.key != serverAddress && CredentialKey($0.key) == self }
        return exact + others.sorted { $0.key < $1.key }.map(\.value)
    }

    private static let dockerHubIndex = "index.docker.io"
    private static let dockerHub: Set<String> = ["docker.io", dockerHubIndex, "registry-1.docker.io"]
}
