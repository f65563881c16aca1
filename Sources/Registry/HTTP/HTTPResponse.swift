import FoundationEssentials
import NIOHTTP1

/// An answer, read to its end.
struct HTTPResponse {
    /// What was asked for this answer, after all redirects.
    var url: URL
    var status: Int
    var headers: HTTPHeaders
    /// Of an answer that is no success, the beginning only.
    var body: [UInt8]

    /// Whether the server says that it is a registry. Many that are do not say so.
    var namesVersion: Bool { headers.contains(name: "Docker-Distribution-Api-Version") }

    var isSuccess: Bool { (200...299).contains(status) }
}
