/// Takes the words that begin with `--` from the front of an instruction.
struct DockerfileFlagReader {
    /// What has not been read.
    private(set) var rest: ArraySlice<UInt8>
    private let escape: UInt8

    init(text: [UInt8], escape: UInt8) {
        rest = text[...]
        self.escape = escape
    }

    /// The flags without quotes and escapes. A lone `--` ends them.
    mutating func flags() -> [[UInt8]] {
        var flags: [[UInt8]] = []
        while true {
            rest = rest.drop(while: DockerfileText.isSpace)
            guard rest.starts(with: [0x2D, 0x2D]) else {
                return flags
            }
            let (flag, isBlankAllowed) = word()
            if flag == [0x2D, 0x2D] {
                return flags
            }
            if isBlankAllowed || !flag.isEmpty { flags.append(flag) }
        }
    }

    private mutating func word() -> (word: [UInt8], wasQuoted: Bool) {
        var word: [UInt8] = []
        var quote: UInt8?
        var wasQuoted = false
        while let byte = rest.first {
            if quote == nil, DockerfileText.isSpace(byte) {
                break
            }
            rest.removeFirst()
            if let open = quote, byte == open {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
                wasQuoted = true
            } else if byte == escape {
                // One at the very end counts for nothing.
                if let next = rest.popFirst() { word.append(next) }
            } else {
                word.append(byte)
            }
        }
        return (word, wasQuoted)
    }
}
