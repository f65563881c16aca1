import Images
import NIOHTTP1

/// A reply of a fake registry.
enum FakeReply: Sendable {
    case answer(status: Int, headers: HTTPHeaders, body: [UInt8])
    /// A head that announces `missing` more bytes than the body has, then the end of the connection.
    case cutShort(body: [UInt8], missing: Int)
    /// No answer for as long as the client waits.
    case silence
    /// The head, and then nothing.
    case stall
    /// The end of the connection.
    case hangUp

    /// A reply with the header that registries send.
    static func registry(_ status: Int, _ body: String = "", _ headers: HTTPHeaders = [:]) -> FakeReply {
        var headers = headers
        headers.add(name: "Docker-Distribution-Api-Version", value: "registry/2.0")
        if !headers.contains(name: "Content-Type"), body.hasPrefix("{") {
            headers.add(name: "Content-Type", value: "application/json")
        }
        return .answer(status: status, headers: headers, body: Array(body.utf8))
    }

    /// A reply without a header that identifies a registry.
    static func plain(_ status: Int, _ body: String = "", type: String = "text/plain") -> FakeReply {
        .answer(status: status, headers: ["Content-Type": type], body: Array(body.utf8))
    }

    /// An error in the form of the distribution specification.
    static func error(_ status: Int, _ code: String, _ message: String = "it is so") -> FakeReply {
        .registry(status, #"{"errors": [{"code": "\#(code)", "message": "\#(message)"}]}"#)
    }

    /// A manifest with its digest.
    static func manifest(_ content: String, type: MediaType) -> FakeReply {
        .registry(
            200,
            content,
            ["Content-Type": type.description, "Docker-Content-Digest": Digest(of: content.utf8).description]
        )
    }

    static func unauthorised(_ challenges: String...) -> FakeReply {
        let headers = HTTPHeaders(challenges.map { ("WWW-Authenticate", $0) })
        return .registry(401, #"{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}"#, headers)
    }

    static func redirect(_ status: Int, to location: String) -> FakeReply {
        .registry(status, "", ["Location": location])
    }
}
