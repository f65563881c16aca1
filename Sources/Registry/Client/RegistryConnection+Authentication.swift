import HTTP
import Images
import FoundationEssentials
import NIOHTTP1

extension RegistryConnection {
    /// The value of `Authorization` for a first attempt. Nil until the registry has requested authentication.
    func authorization(for scope: AccessScope?, before deadline: Deadline) async throws(RegistryError) -> String? {
        switch authentication {
        case nil:
            return nil
        case .basic:
            return try await credential().map(TokenRequest.basic)
        case .bearer:
            if let token = tokens.token(for: scope, at: time.elapsed()) { return "Bearer \(token)" }
            return try await freshToken(for: scope, before: deadline)
        }
    }

    /// The value of `Authorization` after the registry refused `refused` with the 401 `response`. Throws if there is no
    /// other value.
    func answer(
        _ response: HTTPResponse,
        to request: RegistryRequest,
        refused: String?,
        before deadline: Deadline
    ) async throws(RegistryError) -> String? {
        let challenges = AuthenticationChallenge.parse(response.headers["WWW-Authenticate"])
        do throws(Authentication.Refusal) {
            authentication = try Authentication(challenges, isPlain: origin?.scheme == .http)
        } catch {
            throw failure(for: error, request, response)
        }
        switch authentication {
        case .bearer:
            if let refused { tokens.remove(String(refused.dropFirst("Bearer ".count))) }
            return try await freshToken(for: request.scope, before: deadline)
        case .basic, nil:
            guard let credential = try await credential() else {
                throw failure(.unauthorised, request.summary, response)
            }
            let answer = TokenRequest.basic(credential)
            guard answer == refused else { return answer }
            guard let renewed = try await renewedCredential(insteadOf: credential) else {
                throw failure(.unauthorised, request.summary, response)
            }
            return TokenRequest.basic(renewed)
        }
    }

    /// Credentials that are obtained again, because those of a helper can end during a long build. Nil if they are the
    /// same.
    private func renewedCredential(
        insteadOf refused: RegistryCredential
    ) async throws(RegistryError) -> RegistryCredential? {
        // A concurrent request may have renewed them already.
        if let known = try await credential(), known != refused { return known }
        credentialLookup = nil
        let renewed = try await credential()
        return renewed == refused ? nil : renewed
    }

    /// The credentials for the registry, obtained once. Nil if there are none.
    private func credential() async throws(RegistryError) -> RegistryCredential? {
        // A task, because a second caller may arrive while the first still waits.
        let lookup =
            credentialLookup ?? Task { [credentials, endpoint] in try await credentials(endpoint.credentialKey) }
        credentialLookup = lookup
        do {
            let credential = try await lookup.value
            if let secret = credential?.secret, !secrets.contains(secret) { secrets.append(secret) }
            return credential
        } catch {
            // Only the error's own description. One that the compiler generates could show a secret that the error
            // contains.
            let words = (error as? any CustomStringConvertible)?.description ?? "\(type(of: error))"
            throw RegistryError(
                .credentialsUnavailable,
                host: endpoint.name,
                request: "credentials of \(endpoint.credentialKey)",
                words: ErrorBody.sanitized(words, hiding: secrets)
            )
        }
    }

    /// Requests a token from the token server of ``authentication``.
    private func freshToken(for scope: AccessScope?, before deadline: Deadline) async throws(RegistryError) -> String? {
        guard case .bearer(let realm, let service, let challenged) = authentication else { return nil }
        let credential = try await credential()
        let scopes = AccessScope.merged(challenge: challenged, needed: scope)
        let asked = time.elapsed()
        var response = try await tokenAnswer(realm, service, scopes, credential, before: deadline)
        if response.status == 401, let credential,
            let renewed = try await renewedCredential(insteadOf: credential)
        {
            response = try await tokenAnswer(realm, service, scopes, renewed, before: deadline)
        }
        guard let token = TokenResponse(parsing: response.isSuccess ? response.body : []) else {
            throw tokenFailure(response)
        }
        tokens.insert(token, for: scope, asked: asked)
        if !secrets.contains(token.token) { secrets.append(token.token) }
        return "Bearer \(token.token)"
    }

    /// The token server's answer to a request with `credential`.
    private func tokenAnswer(
        _ realm: URL,
        _ service: String?,
        _ scopes: [AccessScope],
        _ credential: RegistryCredential?,
        before deadline: Deadline
    ) async throws(RegistryError) -> HTTPResponse {
        if case .identityToken(let token) = credential {
            let request = TokenRequest.post(
                realm: realm,
                service: service,
                scopes: scopes,
                refreshToken: token,
                bodyLimit: settings.errorLimit
            )
            let answer = try await exchange(request, authorization: nil, summary: request.summary, before: deadline)
            // A token server that supports only GET answers with one of these.
            if ![404, 405].contains(answer.status) { return answer }
        }
        let request = TokenRequest.get(
            realm: realm,
            service: service,
            scopes: scopes,
            credential: credential,
            bodyLimit: settings.errorLimit
        )
        guard let request else {
            throw RegistryError(
                .invalidContent,
                host: endpoint.name,
                request: "GET \(realm.path(percentEncoded: true))",
                words: "the address of its token server cannot be used"
            )
        }
        return try await exchange(request, authorization: nil, summary: request.summary, before: deadline)
    }

    private func tokenFailure(_ response: HTTPResponse) -> RegistryError {
        let summary = "token from \(response.url.path(percentEncoded: true))"
        guard !response.isSuccess else {
            return RegistryError(
                .invalidContent,
                host: name(of: response.url),
                request: summary,
                words: "there is no token in the answer of the token server"
            )
        }
        let reason: RegistryError.Reason =
            switch response.status {
            // OAuth answers 400 (`invalid_grant`) to a refresh token that is no longer valid.
            case 400, 401: .unauthorised
            case 403: .forbidden
            case 429: .rateLimited
            case 502, 503, 504: .unreachable
            case 500...: .serverFailed
            case 404, 405: .notARegistry
            default: .invalidContent
            }
        return failure(reason, summary, response)
    }

    private func failure(
        for refusal: Authentication.Refusal,
        _ request: RegistryRequest,
        _ response: HTTPResponse
    ) -> RegistryError {
        switch refusal {
        case .realm(let words):
            RegistryError(.invalidContent, host: endpoint.name, request: request.summary, words: words)
        case .unknownSchemes:
            failure(.unauthorised, request.summary, response)
        }
    }
}
