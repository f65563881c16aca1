/// What an answer means, as far as its status, headers and body tell.
enum ResponseMeaning: Equatable {
    case success
    /// The registry was asked and does not have it.
    case absent
    /// Not found, and nothing shows that it was a registry that said so.
    case doubtfullyAbsent
    case failure(RegistryError.Reason)

    /// - Parameters:
    ///   - namesVersion: whether there is a `Docker-Distribution-Api-Version`
    ///   - isWrite: whether the request would have put or moved a tag
    ///   - isKnownRegistry: whether the host has shown before that it is a registry
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
            // Azure Container Registry's word for a repository that someone has locked.
            self = .failure(body.codes.contains("REGISTRY_DISALLOWED_OPERATION") ? .forbidden : .unsupported)
        case 429:
            self = .failure(.rateLimited)
        case 502, 503, 504:
            self = .failure(.unreachable)
        case 500...:
            self = .failure(.serverFailed)
        default:
            if body.codes.contains("TOOMANYREQUESTS") {
                self = .failure(.rateLimited)
            } else if body.codes.contains("UNSUPPORTED") {
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
        // Some registries hide what one may not see behind 404, and say so in the code.
        if body.codes.contains("DENIED") { return .failure(.forbidden) }
        if body.codes.contains("UNAUTHORIZED") { return .failure(.unauthorised) }
        if body.form == .registry || namesVersion { return .absent }
        if body.form == .html { return .failure(.notARegistry) }
        return isKnownRegistry ? .absent : .doubtfullyAbsent
    }

    /// The words of Amazon ECR (400 `TAG_INVALID`), Google Artifact Registry, Harbor (412) and those like them. The
    /// word alone will not do: a repository may be called so.
    private static func isImmutable(_ body: ErrorBody) -> Bool {
        let words = body.words.lowercased()
        return body.codes.contains("TAG_IMMUTABLE")
            || ["is immutable", "as immutable", "tag immutability", "immutable tag", "cannot be overwritten"]
                .contains { words.contains($0) }
    }
}
