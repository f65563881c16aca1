import NIOHTTP1

/// An answer over plain HTTP/1.1, parsed from the bytes received so far (RFC 9112).
enum PlainAnswer: Equatable {
    /// More bytes are needed.
    case incomplete
    case complete(status: Int, headers: HTTPHeaders, body: [UInt8])
    /// The bytes are not an HTTP/1 answer.
    case malformed

    /// - Parameters:
    ///   - bytes: all bytes that were read from the connection
    ///   - hasEnded: whether the server has closed it
    init(_ bytes: [UInt8], hasEnded: Bool) {
        guard let head = Self.head(of: bytes[...]) else {
            self = hasEnded || bytes.count > Self.headLimit ? .malformed : .incomplete
            return
        }
        guard let status = Self.status(head.lines.first ?? "") else {
            self = .malformed
            return
        }
        // An interim answer before the final one.
        if (100...199).contains(status) {
            self = PlainAnswer(Array(bytes[head.end...]), hasEnded: hasEnded)
            return
        }
        let headers = Self.headers(head.lines.dropFirst())
        guard let body = Self.body(bytes[head.end...], status: status, headers: headers, hasEnded: hasEnded) else {
            self = hasEnded ? .malformed : .incomplete
            return
        }
        self = .complete(status: status, headers: headers, body: body)
    }

    /// The maximum size of the head, in bytes.
    private static let headLimit = 64 << 10

    /// The lines of the head, and its end; nil until the empty line after it has arrived.
    private static func head(of bytes: ArraySlice<UInt8>) -> (lines: [String], end: Int)? {
        var lines: [String] = []
        var rest = bytes
        while let (line, end) = line(of: rest) {
            if line.isEmpty, !lines.isEmpty { return (lines, end) }
            lines.append(line)
            rest = rest[end...]
        }
        return nil
    }

    /// The first line without its line break, and the start of the next line.
    private static func line(of bytes: ArraySlice<UInt8>) -> (text: String, end: Int)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var text = bytes[..<end]
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        return (String(decoding: text, as: UTF8.self), end + 1)
    }

    private static func status(_ line: String) -> Int? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), words[1].count == 3 else { return nil }
        return Int(words[1])
    }

    private static func headers(_ lines: ArraySlice<String>) -> HTTPHeaders {
        HTTPHeaders(
            lines.compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                return (String(line[..<colon]), String(value))
            }
        )
    }

    /// The body; nil if it is incomplete.
    private static func body(
        _ bytes: ArraySlice<UInt8>,
        status: Int,
        headers: HTTPHeaders,
        hasEnded: Bool
    ) -> [UInt8]? {
        if status == 204 || status == 304 { return [] }
        if headers["Transfer-Encoding"].last?.lowercased().hasSuffix("chunked") == true { return chunks(bytes) }
        if let text = headers.first(name: "Content-Length") {
            guard let length = Int(text), length >= 0, bytes.count >= length else { return nil }
            return Array(bytes.prefix(length))
        }
        return hasEnded ? Array(bytes) : nil
    }

    private static func chunks(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var body: [UInt8] = []
        var rest = bytes
        while let (text, start) = line(of: rest) {
            guard let size = Int(text.prefix { $0 != ";" && !$0.isWhitespace }, radix: 16), size >= 0 else {
                return nil
            }
            // Trailers are ignored.
            if size == 0 { return body }
            rest = rest[start...]
            guard rest.count > size, let (_, next) = line(of: rest.dropFirst(size)) else { return nil }
            body += rest.prefix(size)
            rest = rest[next...]
        }
        return nil
    }
}
