/// The daemon's answer to one request, parsed as it arrives: HTTP/1.1 as far as Docker uses it, with a body of lines.
struct EngineAnswer {
    /// Nil until the first line of an answer was read, and for data that is not HTTP.
    private(set) var status: Int?
    /// Whether the whole answer was read.
    private(set) var isComplete = false
    private var framing = Framing.head
    /// Bytes that were read but not yet used: less than a line.
    private var rest: [UInt8] = []
    /// The incomplete last line of the body.
    private var line: [UInt8] = []

    /// The part of the answer that comes next.
    private enum Framing {
        case head
        /// A body with this many bytes left.
        case counted(Int)
        case chunkSize
        case chunk(Int)
        /// The line break after a chunk.
        case chunkEnd
        /// A body that ends with the connection.
        case open
    }

    /// The data is not an answer of a daemon.
    struct Malformed: Error {}

    /// The maximum length of a line, in bytes.
    private static let lineLimit = 1 << 20

    var isSuccess: Bool { status.map { (200...299).contains($0) } ?? false }

    /// Parses the next bytes. Returns the lines of the body that are complete now.
    mutating func read(_ bytes: [UInt8]) throws(Malformed) -> [[UInt8]] {
        rest += bytes
        var lines: [[UInt8]] = []
        while !isComplete {
            switch framing {
            case .head:
                guard let header = try nextLine() else { return lines }
                try read(header: header)
            case .chunkSize:
                guard let text = try nextLine() else { return lines }
                let digits = text.prefix { $0 != ";" && !$0.isWhitespace }
                guard let size = Int(digits, radix: 16), size >= 0 else { throw Malformed() }
                // Docker sends no trailers.
                if size == 0 { isComplete = true } else { framing = .chunk(size) }
            case .chunk(let size):
                guard let left = try take(size, into: &lines) else { return lines }
                framing = left == 0 ? .chunkEnd : .chunk(left)
            case .chunkEnd:
                guard try nextLine() != nil else { return lines }
                framing = .chunkSize
            case .counted(let size):
                if size == 0 {
                    isComplete = true
                } else {
                    guard let left = try take(size, into: &lines) else { return lines }
                    framing = .counted(left)
                }
            case .open:
                guard try take(rest.count, into: &lines) != nil else { return lines }
            }
        }
        if let last = lastLine() { lines.append(last) }
        return lines
    }

    /// Whether only the end of the connection ends the body. Only its content then shows whether it is complete.
    var endsWithConnection: Bool {
        if case .open = framing { true } else { false }
    }

    /// Handles the end of the connection. Returns the last line if it had no line break.
    mutating func end() -> [UInt8]? { lastLine() }

    private mutating func lastLine() -> [UInt8]? {
        defer { line = [] }
        return line.isEmpty ? nil : line
    }

    /// The next line outside the body.
    private mutating func nextLine() throws(Malformed) -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            if rest.count > Self.lineLimit { throw Malformed() }
            return nil
        }
        var text = rest[..<end]
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        rest.removeSubrange(...end)
        return String(decoding: text, as: UTF8.self)
    }

    /// Takes at most `size` bytes of the body from the available data. Returns how many of them are still missing. Nil
    /// if no data was available.
    private mutating func take(_ size: Int, into lines: inout [[UInt8]]) throws(Malformed) -> Int? {
        guard !rest.isEmpty, size > 0 else { return nil }
        let part = rest.prefix(size)
        for byte in part {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let complete = lastLine() { lines.append(complete) }
            } else {
                line.append(byte)
            }
        }
        if line.count > Self.lineLimit { throw Malformed() }
        rest.removeFirst(part.count)
        return size - part.count
    }

    private mutating func read(header: String) throws(Malformed) {
        guard let status else {
            let words = header.split(separator: " ", maxSplits: 2)
            guard words.count > 1, words[0].hasPrefix("HTTP/1."), let number = Int(words[1]) else { throw Malformed() }
            self.status = number
            body = .open
            return
        }
        guard header.isEmpty else { return note(header: header) }
        // An interim response precedes the answer itself.
        if (100...199).contains(status) { self.status = nil } else { framing = body }
    }

    /// The framing of the body according to the headers.
    private var body = Framing.open

    private mutating func note(header: String) {
        guard let colon = header.firstIndex(of: ":") else { return }
        let value = header[header.index(after: colon)...].lowercased().filter { !$0.isWhitespace }
        switch header[..<colon].lowercased() {
        case "transfer-encoding" where value.hasSuffix("chunked"): body = .chunkSize
        case "content-length":
            // If both headers are present, the chunked encoding takes precedence.
            if case .chunkSize = body { return }
            if let length = Int(value), length >= 0 { body = .counted(length) }
        default: break
        }
    }
}
