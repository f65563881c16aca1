/// One instruction, as BuildKit's parser sees it: with joined lines, and without comments and empty lines between them.
struct DockerfileInstruction: Equatable, Sendable {
    /// The line on which it begins; the first line is 1.
    let line: Int
    /// Nil for an unknown instruction.
    let keyword: DockerfileKeyword?
    /// The name as written.
    let name: [UInt8]
    /// The `--name=value` flags before the arguments, without their quotes.
    let flags: [[UInt8]]
    /// Everything after the flags.
    let arguments: [UInt8]
    /// Everything after the name.
    let text: [UInt8]
    var heredocs: [DockerfileHeredoc] = []

    /// - Parameter joined: the joined lines, without line ends.
    init(joined: [UInt8], line: Int, escape: UInt8) {
        let parts = DockerfileText.words(Array(DockerfileText.trimmed(joined[...])), atMost: 2)
        self.line = line
        name = parts[0]
        keyword = DockerfileKeyword(name: name)
        text = parts.count > 1 ? parts[1] : []
        var reader = DockerfileFlagReader(text: text, escape: escape)
        flags = reader.flags()
        arguments = Array(DockerfileText.trimmed(reader.rest))
    }

    /// The elements of a JSON array, or the words.
    var list: [[UInt8]] { JSONStrings.parse(arguments) ?? DockerfileText.words(arguments) }

    var isJSON: Bool { JSONStrings.parse(arguments) != nil }

    /// The instruction on one line, for display.
    var summary: String {
        DockerfileText.string(name) + (text.isEmpty ? "" : " " + DockerfileText.string(text))
    }

    /// Returns the values of the flag `name`, in order; an empty value for a flag without one.
    func values(ofFlag name: String) -> [[UInt8]] {
        let start = Array("--\(name)".utf8)
        return flags.compactMap { flag in
            guard flag.starts(with: start) else {
                return nil
            }
            let rest = flag.dropFirst(start.count)
            return rest.isEmpty ? [] : rest.first == DockerfileText.equals ? Array(rest.dropFirst()) : nil
        }
    }
}

/// The known instructions, and the flags that each may have.
enum DockerfileKeyword: String, CaseIterable, Sendable {
    case add, arg, cmd, copy, entrypoint, env, expose, from, healthcheck, label, maintainer, onbuild, run, shell
    case stopsignal, user, volume, workdir

    /// Returns nil if `name`, in upper or lower case, is not a known instruction.
    init?(name: [UInt8]) {
        self.init(rawValue: DockerfileText.string(DockerfileText.lowercased(name)))
    }

    var flags: Set<String> {
        switch self {
        case .add: ["chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"]
        case .copy: ["chown", "chmod", "from", "link", "exclude", "parents"]
        case .from: ["platform"]
        case .healthcheck: ["interval", "timeout", "start-period", "start-interval", "retries"]
        case .run: ["mount", "network", "security", "device"]
        default: []
        }
    }

    var mayHoldHeredocs: Bool { self == .add || self == .copy || self == .run }
}

/// Reads the words that begin with `--` at the beginning of an instruction.
struct DockerfileFlagReader {
    /// The part that has not been read.
    private(set) var rest: ArraySlice<UInt8>
    private let escape: UInt8

    init(text: [UInt8], escape: UInt8) {
        rest = text[...]
        self.escape = escape
    }

    /// Returns the flags without quotes and escapes. A lone `--` ends them.
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
                // An escape at the very end is ignored.
                if let next = rest.popFirst() { word.append(next) }
            } else {
                word.append(byte)
            }
        }
        return (word, wasQuoted)
    }
}

/// Splits the arguments of `ARG` and `ENV` at white space that is neither quoted nor escaped. Quotes and escapes stay
/// in the words: they are removed when the variables are replaced.
enum DockerfileQuotedWords {
    static func split(_ text: [UInt8], escape: UInt8) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var quote: UInt8?
        var isBlankAllowed = false
        var rest = text[...]
        while let byte = rest.popFirst() {
            if quote == nil, DockerfileText.isSpace(byte) {
                if isBlankAllowed || !word.isEmpty { words.append(word) }
                word = []
                isBlankAllowed = false
                continue
            }
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
                isBlankAllowed = true
            }
            if byte == escape, quote != UInt8(ascii: "'") {
                // An escape at the very end is ignored.
                guard let next = rest.popFirst() else {
                    break
                }
                word.append(byte)
                word.append(next)
            } else {
                word.append(byte)
            }
        }
        if isBlankAllowed || !word.isEmpty { words.append(word) }
        return words
    }
}
