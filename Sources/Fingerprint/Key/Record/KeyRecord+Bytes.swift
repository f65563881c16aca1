extension KeyRecord {
    /// The first bytes of every record. A new format gets new ones, and then rejects old records.
    private static let version = Array("docker-cache record 3\n".utf8)

    /// The encoded record. A path is encoded as the length of the prefix that it shares with the previous one, and the
    /// rest.
    package var bytes: [UInt8] {
        var writer = RecordWriter(Self.version)
        for items in [components, arguments, files] { writer.append(items) }
        writer.append(count: texts.count)
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            writer.append(Array(name.utf8))
            writer.append(Array(text.utf8))
        }
        writer.append(dockerfilePath)
        writer.append(count: lines.count)
        for line in lines { writer.append(mark: line) }
        writer.append(count: fileDepth.map { $0 + 1 } ?? 0)
        writer.append(count: reasons.count)
        for reason in reasons { writer.append(Array(reason.utf8)) }
        return writer.bytes
    }

    /// Returns nil if the bytes are not a record, or are one of another version.
    package init?(bytes: [UInt8]) {
        guard bytes.starts(with: Self.version) else { return nil }
        var reader = RecordReader(bytes[Self.version.count...])
        guard let components = reader.items(), let arguments = reader.items(), let files = reader.items(),
            let texts = reader.list({ ($0.text(), $0.text()) })
        else { return nil }
        dockerfilePath = Array(reader.part())
        guard let lines = reader.list({ $0.mark() }) else { return nil }
        let depth = reader.count()
        guard let reasons = reader.list({ $0.text() }), reader.isAtEnd
        else { return nil }
        fileDepth = depth > 0 ? depth - 1 : nil
        self.components = components
        self.arguments = arguments
        self.files = files
        self.texts = Dictionary(texts, uniquingKeysWith: { $1 })
        self.lines = lines
        self.reasons = reasons
    }
}

/// Writes the parts of a record in sequence. Numbers have seven bits per byte, lowest first.
private struct RecordWriter {
    private(set) var bytes: [UInt8]

    init(_ start: [UInt8]) { bytes = start }

    mutating func append(count: Int) {
        var rest = UInt(bitPattern: count)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ part: some Collection<UInt8>) {
        append(count: part.count)
        bytes += part
    }

    mutating func append(mark: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: mark >> shift)) }
    }

    mutating func append(_ items: [KeyRecord.Item]) {
        append(count: items.count)
        var previous: [UInt8] = []
        for item in items {
            let shared = zip(previous, item.name).prefix { $0 == $1 }.count
            append(count: shared)
            append(item.name[shared...])
            append(mark: item.mark)
            previous = item.name
        }
    }
}

/// Reads the output of ``RecordWriter``. After invalid input nothing more is read, and ``isAtEnd`` is false.
private struct RecordReader {
    private var rest: ArraySlice<UInt8>
    private var isBroken = false

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty && !isBroken }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        guard !isBroken, count <= rest.count else {
            isBroken = true
            return []
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func count() -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = take(1).first else { return 0 }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int(clamping: value) }
        }
        isBroken = true
        return 0
    }

    mutating func part() -> ArraySlice<UInt8> { take(count()) }

    mutating func text() -> String { String(decoding: part(), as: UTF8.self) }

    mutating func mark() -> UInt64 { take(8).reduce(0) { $0 << 8 | UInt64($1) } }

    mutating func list<Element>(_ element: (inout RecordReader) -> Element) -> [Element]? {
        let count = count()
        // Every element has at least one byte, so a damaged count cannot request more elements than there are bytes.
        guard count <= rest.count else { return nil }
        var elements: [Element] = []
        for _ in 0..<count where !isBroken { elements.append(element(&self)) }
        return isBroken ? nil : elements
    }

    /// The maximum length of a name in bytes. No path in Linux is longer.
    private static let nameLimit = 4096
    /// The maximum length of all names together, in bytes: as names share prefixes, a few bytes can encode many.
    private static let namesLimit = 64 << 20

    mutating func items() -> [KeyRecord.Item]? {
        var previous: [UInt8] = []
        var left = Self.namesLimit
        return list { reader in
            let shared = reader.count()
            let rest = reader.part()
            // Any number can be read here, so it is compared before it is added to another.
            guard shared <= previous.count, rest.count <= Self.nameLimit - shared, shared + rest.count <= left else {
                reader.isBroken = true
                return KeyRecord.Item(name: [], mark: 0)
            }
            left -= shared + rest.count
            previous = Array(previous[..<shared]) + rest
            return KeyRecord.Item(name: previous, mark: reader.mark())
        }
    }
}
