/// The meaning of an answer, as determined from its status, headers and body.
enum ResponseMeaning: Equatable {
    case success
    /// The registry reported that it does not have the object.
    case absent
    /// Not found, but nothing shows that the answer came from a registry.
    case doubtfullyAbsent
    case failure(RegistryError.Reason)

    /// - Parameters:
    ///   - namesVersion: whether there is a `Docker-Distribution-Api-Version` header
    ///   - isWrite: whether the request would have put or moved a tag
    ///   - isKnownRegistry: whether the host has already proved to be a registry
    init(status: Int, body: ErrorBody, namesVersion: Bool, isWrite: Bool, isKnownRegistry: Bool) {
        if isWrite, [400, 403, 405, 409, 412].contains(status), Self.isImmutable(body) {
            self = .failure(.immutableTag)
            return
        }
        switch status {
        case 200...299:
            self = .success
        case 401:
            self = .failure(.unauthorised)
        case 403:
            self = .failure(.forbidden)
        case 404:
            self = Self.notFound(body, namesVersion: namesVersion, isKnownRegistry: isKnownRegistry)
        case 405:
            // Azure Container Registry's code for a locked repository.
            self = .failure(body.codes.contains("REGISTRY_DISALLOWED_OPERATION") ? .forbidden : .unsupported)
        case 415:
            self = .failure(.unsupported)
        case 429:
            self = .failure(.rateLimited)
        case 502, 503, 504:
            self = .failure(.unreachable)
        case 500...:
            self = .failure(.serverFailed)
        default:
            if body.codes.contains("TOOMANYREQUESTS") {
                self = .failure(.rateLimited)
            } else if body.codes.contains("UNSUPPORTED") || isWrite && body.codes.contains("MANIFEST_INVALID") {
                self = .failure(.unsupported)
            } else {
                self = .failure(body.form == .html && !namesVersion ? .notARegistry : .refused)
            }
        }
    }

    private static func notFound(
        _ body: ErrorBody,
        namesVersion: Bool,
        isKnownRegistry: Bool
    ) -> ResponseMeaning {
        // Some registries hide forbidden repositories behind 404, and reveal it in the code.
        if body.codes.contains("DENIED") { return .failure(.forbidden) }
        if body.codes.contains("UNAUTHORIZED") { return .failure(.unauthorised) }
        if body.form == .registry || namesVersion { return .absent }
        if body.form == .html { return .failure(.notARegistry) }
        return isKnownRegistry ? .absent : .doubtfullyAbsent
    }

    /// Matches the messages of Amazon ECR (400 `TAG_INVALID`), Google Artifact Registry, Harbor (412) and similar
    /// registries. The word "immutable" alone is not sufficient, because a repository may have that name.
    private static func isImmutable(_ body: ErrorBody) -> Bool {
        let words = body.words.lowercased()
        return body.codes.contains("TAG_IMMUTABLE")
            || ["is immutable", "as immutable", "tag immutability", "immutable tag", "cannot be overwritten"]
                .contains { words.contains($0) }
    }
}
