package import FoundationEssentials
package import NIOHTTP1

/// A request as it is sent.
package struct HTTPRequest {
    package var method: HTTPMethod = .GET
    package var url: URL
    package var headers: HTTPHeaders = [:]
    package var body: [UInt8] = []
    /// The maximum number of bytes to read of a successful answer's body.
    package var bodyLimit: Int

    package init(
        method: HTTPMethod = .GET,
        url: URL,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        bodyLimit: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.bodyLimit = bodyLimit
    }

    /// Method and path. The query is left out because it can contain signatures.
    package var summary: String { "\(method.rawValue) \(url.path(percentEncoded: true))" }
}
