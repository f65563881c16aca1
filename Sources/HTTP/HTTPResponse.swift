package import FoundationEssentials
package import NIOHTTP1

/// An answer, read to its end.
package struct HTTPResponse {
    /// What was asked for this answer, after all redirects.
    package var url: URL
    package var status: Int
    package var headers: HTTPHeaders
    /// Of an answer that is no success, the beginning only.
    package var body: [UInt8]

    /// Whether the server says that it is a registry. Many that are do not say so.
    package var namesVersion: Bool { headers.contains(name: "Docker-Distribution-Api-Version") }

    package var isSuccess: Bool { (200...299).contains(status) }
}
