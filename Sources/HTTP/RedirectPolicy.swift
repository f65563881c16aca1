package import FoundationEssentials

/// Which redirects are followed, and with which credentials.
///
/// Registries store blobs elsewhere and redirect (307) to signed addresses. The registry's credentials must stay
/// behind.
package enum RedirectPolicy {
    package enum Decision: Equatable {
        /// The response is not a redirect.
        case stay
        case follow(URL, keepsAuthorization: Bool)
        case refuse(String)
    }

    /// The maximum number of redirects for one request.
    package static let limit = 5

    /// - Parameters:
    ///   - status: the status of the response
    ///   - location: its `Location`
    ///   - url: the address of the request
    ///   - isRead: whether the request was GET or HEAD. Other requests are followed only if method and body stay the
    ///     same (307, 308), and only to the same origin, because other servers must not get the body.
    ///   - followed: the number of redirects so far
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
