import FoundationEssentials
import HTTP
import Images
import NIOHTTP1

/// One question to the registry, before it is known how the registry is reached and what it wants to see first.
struct RegistryRequest {
    enum Target {
        /// A path such as `/v2/team/app/manifests/latest`, on the registry itself.
        case path(String)
        /// What a registry pointed to. Credentials go along only if it is the registry's own origin.
        case url(URL)
    }

    var method: HTTPMethod = .GET
    var target: Target
    /// What a token has to allow for it. Nil for what belongs to no repository.
    var scope: AccessScope?
    var accept: [MediaType] = []
    var contentType: MediaType?
    var body: [UInt8] = []
    /// The most that is read of a successful answer's body, in bytes.
    var bodyLimit: Int

    var isRead: Bool { method == .GET || method == .HEAD }

    /// Method and path, for people.
    var summary: String {
        switch target {
        case .path(let path): "\(method.rawValue) \(path)"
        case .url(let url): "\(method.rawValue) \(url.path(percentEncoded: true))"
        }
    }

    func request(to url: URL) -> HTTPRequest {
        var headers = HTTPHeaders()
        // One header with all of them, as containerd sends it: there are proxies that pass on only one of several.
        if !accept.isEmpty { headers.add(name: "Accept", value: accept.map(\.description).joined(separator: ", ")) }
        if let contentType { headers.add(name: "Content-Type", value: contentType.description) }
        return HTTPRequest(method: method, url: url, headers: headers, body: body, bodyLimit: bodyLimit)
    }
}
