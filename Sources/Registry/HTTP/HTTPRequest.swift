import FoundationEssentials
import NIOHTTP1

/// A request as it goes over the wire.
struct HTTPRequest {
    var method: HTTPMethod = .GET
    var url: URL
    var headers: HTTPHeaders = [:]
    var body: [UInt8] = []
    /// The most that is read of a successful answer's body, in bytes.
    var bodyLimit: Int

    /// Method and path. Queries can hold signatures.
    var summary: String { "\(method.rawValue) \(url.path(percentEncoded: true))" }
}
