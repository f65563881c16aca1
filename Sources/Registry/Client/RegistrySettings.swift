package import HTTP

/// How registries are asked, and how much is read of what they say.
@dynamicMemberLookup
package struct RegistrySettings: Sendable {
    /// How servers are spoken to. Its properties can be had from here.
    package var http: HTTPSettings
    /// How long one operation may take, with all requests, tokens, waits and retries.
    package var operationLimit: Duration = .seconds(7)

    /// Bytes of a manifest or index. Registries accept 4 MiB (OCI distribution specification, "Pushing Manifests").
    package var manifestLimit = 4 << 20
    /// Bytes of an image's configuration.
    package var configurationLimit = 8 << 20
    /// Bytes of one page of tags.
    package var tagPageLimit = 8 << 20
    /// How many pages of tags are read.
    package var tagPages = 1_000

    /// Takes proxies and `SSL_CERT_FILE` from `environment`.
    package init(environment: [String: String]) {
        http = HTTPSettings(environment: environment)
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<HTTPSettings, Value>) -> Value {
        get { http[keyPath: path] }
        set { http[keyPath: path] = newValue }
    }
}
