package import Images

/// Finds the credentials for a registry.
///
/// It is asked once at most for each client, when the registry wants credentials. `key` is what Docker stores them
/// under: `host[:port]`, or `https://index.docker.io/v1/` for Docker Hub. Nil if there are none, and the registry is
/// then asked anonymously. The description of what it throws is shown to people, and must hold no secret.
package typealias CredentialSource = @Sendable (_ key: String) async throws -> RegistryCredential?
