import FoundationEssentials
import HTTP
package import Images
import NIOHTTP1

extension RegistryClient {
    /// All tags of a repository, sorted. Nil if the repository does not exist.
    ///
    /// Throws if the list cannot be read to its end, and never returns a shorter list. Each page is an operation with
    /// its own time limit, because a repository can have tens of thousands of tags.
    ///
    /// - Parameter limit: the time after which no further page is requested; nil for none
    package func tags(
        of repository: RepositoryName,
        within limit: Duration? = nil
    ) async throws(RegistryError) -> [String]? {
        let whole = limit.map { Deadline(after: $0, time: connection.time) }
        var request = RegistryRequest(
            target: .path(try path(repository, "tags/list")),
            scope: .pull(Self.name(in: repository)),
            bodyLimit: settings.tagPageLimit
        )
        var tags: Set<String> = []
        var seen: Set<URL> = []
        for page in 0..<settings.tagPages {
            if let whole, whole.remaining <= .zero {
                throw invalid(.unreachable, request, "the list of its tags takes too long")
            }
            let asked = request
            let answer = try await operation { deadline async throws(RegistryError) in
                try await connection.ask(asked, before: deadline)
            }
            guard let response = answer else {
                // Ignoring a missing later page would give a shorter list.
                if page == 0 { return nil }
                throw invalid(.invalidContent, request, "a page of the list is not there")
            }
            tags.formUnion(try Self.tags(in: response).orThrow { invalid(.invalidContent, request, $0) })
            guard let link = LinkHeader.next(in: response.headers["Link"]) else { return tags.sorted() }
            seen.insert(response.url)
            guard let next = URL(string: link, relativeTo: response.url)?.absoluteURL, let target = Origin(next),
                !next.hasUserInformation, target.scheme == .https || Origin(response.url)?.scheme == .http
            else { throw invalid(.invalidContent, request, "the address of the next page cannot be used") }
            guard !seen.contains(next) else {
                throw invalid(.invalidContent, request, "the pages of the list go round in circles")
            }
            request.target = .url(next)
        }
        throw invalid(.invalidContent, request, "the list has more than \(settings.tagPages) pages")
    }

    private static func tags(in response: HTTPResponse) -> Page {
        guard let json = try? JSONValue(parsing: response.body), json.object != nil else {
            return .malformed("\(ContentError.notJSON)")
        }
        // Repositories without tags have null here.
        guard let list = json["tags"] else { return .tags([]) }
        guard let elements = list.array else { return .malformed("\(ContentError.missing(field: "tags"))") }
        let tags = elements.compactMap(\.string)
        guard tags.count == elements.count, let odd = tags.first(where: { !ImageReference.isWellFormed(tag: $0) })
        else {
            return tags.count == elements.count ? .tags(tags) : .malformed("it has a tag that is no text")
        }
        return .malformed("the tag \"\(ErrorBody.sanitized(odd))\" is none")
    }

    private enum Page {
        case tags([String])
        case malformed(String)

        func orThrow(_ error: (String) -> RegistryError) throws(RegistryError) -> [String] {
            switch self {
            case .tags(let tags): return tags
            case .malformed(let words): throw error(words)
            }
        }
    }
}
