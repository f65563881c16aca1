import CLibrary

/// The login for the registries that `script/test` starts.
struct TestLogin: Sendable {
    let username: String
    let password: String
    /// The registry that requires user and password with every request.
    let protectedRegistry: String
    /// The registry that accepts tokens from its token server.
    let tokenRegistry: String

    /// Nil if these registries are not running.
    static let current: TestLogin? = {
        func variable(_ name: String) -> String? {
            getenv("DOCKER_CACHE_TEST_\(name)").map { String(cString: $0) }
        }
        guard let username = variable("PROTECTED_USERNAME"), let password = variable("PROTECTED_PASSWORD"),
            let protected = variable("PROTECTED_REGISTRY"), let token = variable("TOKEN_REGISTRY")
        else { return nil }
        return TestLogin(
            username: username,
            password: password,
            protectedRegistry: protected,
            tokenRegistry: token
        )
    }()
}
