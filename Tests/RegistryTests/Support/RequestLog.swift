import NIOHTTP1
import Synchronization

/// A request as it arrived.
struct RecordedRequest: Sendable {
    var method: String
    /// Path and query.
    var uri: String
    var headers: HTTPHeaders
    var body: String = ""

    /// The value of `Authorization`.
    var authorization: String? { headers.first(name: "Authorization") }
}

/// The requests of one server, from all its connections.
final class RequestLog: Sendable {
    private let record = Mutex<[RecordedRequest]>([])
    private let connectionCount = Mutex(0)

    var requests: [RecordedRequest] { record.withLock { $0 } }

    var connections: Int { connectionCount.withLock { $0 } }

    func countConnection() {
        connectionCount.withLock { $0 += 1 }
    }

    func append(_ request: RecordedRequest) {
        record.withLock { $0.append(request) }
    }
}
