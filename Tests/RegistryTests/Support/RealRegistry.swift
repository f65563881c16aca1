import CLibrary
import Images
import Registry
import Testing

/// A real registry that script/test has started. Tests are skipped if their registry is missing.
struct RealRegistry: Sendable, CustomTestStringConvertible {
    /// The protection of the registry.
    enum Protection {
        case open
        case password
        case token
        case certificate
    }

    let protection: Protection
    /// `host[:port]`.
    let address: String
    let credential: RegistryCredential?

    var testDescription: String { "\(protection)" }

    private static func variable(_ name: String) -> String? {
        getenv("DOCKER_CACHE_TEST_" + name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The file with the certificate of the authority (PEM) that signed the TLS registry's certificate.
    static let authority = variable("TLS_AUTHORITY")

    /// The user and password for all registries that require a login.
    static let credential: RegistryCredential? = {
        guard let username = variable("PROTECTED_USERNAME"),
            let password = variable("PROTECTED_PASSWORD")
        else { return nil }
        return .password(username: username, password: password)
    }()

    private static func find(_ protection: Protection, _ name: String, _ credential: RegistryCredential?)
        -> [RealRegistry]
    {
        variable(name).map { [RealRegistry(protection: protection, address: $0, credential: credential)] } ?? []
    }

    static let open = find(.open, "REGISTRY", nil)
    static let password = credential.map { find(.password, "PROTECTED_REGISTRY", $0) } ?? []
    static let token = credential.map { find(.token, "TOKEN_REGISTRY", $0) } ?? []
    static let certificate = authority == nil ? [] : find(.certificate, "TLS_REGISTRY", nil)
    static let all = open + password + token + certificate

    static let isMissing: Comment = """
        none of DOCKER_CACHE_TEST_REGISTRY, _PROTECTED_REGISTRY, _TOKEN_REGISTRY and _TLS_REGISTRY is set; \
        script/test starts them
        """
    static let passwordIsMissing: Comment = """
        DOCKER_CACHE_TEST_PROTECTED_REGISTRY, _USERNAME or _PASSWORD is not set; script/test starts it
        """
    static let tokenIsMissing: Comment = """
        DOCKER_CACHE_TEST_TOKEN_REGISTRY, or DOCKER_CACHE_TEST_PROTECTED_USERNAME or _PASSWORD, is not set; \
        script/test starts it
        """
    static let certificateIsMissing: Comment = """
        DOCKER_CACHE_TEST_TLS_REGISTRY or DOCKER_CACHE_TEST_TLS_AUTHORITY is not set; script/test starts it
        """
}
