package import FoundationEssentials

/// Where a redirect may lead, and what may be taken along.
///
/// Registries keep blobs with others and redirect there (307), to addresses that are signed: the registry's credentials
/// must not follow.
package enum RedirectPolicy {
    package enum Decision: Equatable {
        /// The response is no redirect.
        case stay
        case follow(URL, keepsAuthorization: Bool)
        case refuse(String)
    }

    /// How many redirects one request follows.
    package static let limit = 5

    /// - Parameters:
    ///   - status: of the response
    ///   - location: its `Location`
    ///   - url: what was asked
    ///   - isRead: whether the request was GET or HEAD. Others are followed only where the method and the body stay
    ///     what they are (307, 308), and to the same origin: a body is not for strangers.
    ///   - followed: how many redirects the request has followed so far
    package static func decide(status: Int, location: String?, from url: URL, isRead: Bool, followed: Int) -> Decision {
        guard [301, 302, 303, 307, 308].contains(status) else { return .stay }
        guard let location, let target = URL(string: location, relativeTo: url)?.absoluteURL,
            let destination = Origin(target), let origin = Origin(url)
        else { return .refuse("a redirect without an address that can be followed") }
        guard followed < limit else { return .refuse("more than \(limit) redirects") }
        guard !target.hasUserInformation else { return .refuse("a redirect to an address with a user in it") }
        guard origin.scheme == .http || destination.scheme == .https else {
            return .refuse("a redirect from https to http, at \(destination)")
        }
        let isSame = origin == destination
        guard isRead || (isSame && (status == 307 || status == 308)) else {
            return .refuse("a redirect of a request that changes something, to \(destination)")
        }
        return .follow(target, keepsAuthorization: isSame)
    }
}
