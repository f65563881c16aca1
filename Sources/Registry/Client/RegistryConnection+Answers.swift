import HTTP
import Images
import NIOHTTP1

extension RegistryConnection {
    /// Sends `request` and interprets the answer. Returns the response on success, and nil if the object does not
    /// exist.
    ///
    /// Throws in all other cases, and if it is unclear whether a "not found" came from a registry.
    func ask(_ request: RegistryRequest, before deadline: Deadline) async throws(RegistryError) -> HTTPResponse? {
        let response = try await send(request, before: deadline)
        let body = body(of: response)
        // A host that the registry redirects to is not a registry, and its "not found" proves nothing.
        let isOwn = isOwn(response.url)
        if body.form == .registry, isOwn { isKnownRegistry = true }
        let meaning = ResponseMeaning(
            status: response.status,
            body: body,
            namesVersion: response.namesVersion && isOwn,
            isWrite: request.method == .PUT,
            isKnownRegistry: isKnownRegistry && isOwn
        )
        switch meaning {
        case .success:
            return response
        case .failure(let reason):
            throw failure(reason, request.summary, response)
        case .absent:
            return nil
        case .doubtfullyAbsent:
            guard isOwn else { throw failure(.notFound, request.summary, response) }
            _ = try await presence(before: deadline)
            return nil
        }
    }

    /// Checks that a registry answers. Throws ``RegistryError/Reason/notARegistry`` if not.
    func presence(before deadline: Deadline) async throws(RegistryError) -> RegistryPresence {
        let request = RegistryRequest(target: .path("/v2/"), bodyLimit: settings.errorLimit)
        // Without credentials: a 401 from a registry proves as much as a 200.
        let response = try await follow(request, authorization: nil, before: deadline)
        let body = body(of: response)
        switch response.status {
        case 200, 401, 403:
            let isProven = response.namesVersion || body.form == .registry
            // The specification requires neither a header nor a body. The only remaining criterion is that the answer
            // is not an HTML page.
            guard isOwn(response.url), isProven || body.form != .html else {
                throw failure(.notARegistry, request.summary, response)
            }
        case 429:
            throw failure(.rateLimited, request.summary, response)
        case 502, 503, 504:
            throw failure(.unreachable, request.summary, response)
        case 500...:
            throw failure(.serverFailed, request.summary, response)
        default:
            throw failure(.notARegistry, request.summary, response)
        }
        isKnownRegistry = true
        return RegistryPresence(
            serverTime: response.headers.first(name: "Date").flatMap(HTTPDate.seconds).map { $0 * 1_000 },
            wantsCredentials: response.status != 200,
            isPlain: origin?.scheme == .http
        )
    }
}
