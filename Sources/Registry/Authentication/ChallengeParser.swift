/// Parses one `WWW-Authenticate` header.
///
/// The grammar is ambiguous from the left: a word is the name of a parameter if `=` follows, otherwise a scheme.
struct ChallengeParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ value: String) {
        bytes = Array(value.utf8)
    }

    mutating func parse() -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        func finished() -> [AuthenticationChallenge] {
            scheme.map { [AuthenticationChallenge(scheme: $0, parameters: parameters)] } ?? []
        }
        while true {
            skip { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
            guard position < bytes.count else { return challenges + finished() }
            let word = takeToken()
            guard !word.isEmpty else {
                skipItem()
                continue
            }
            let afterWord = position
            skip(while: Self.isSpace)
            if current == UInt8(ascii: "="), scheme != nil {
                position += 1
                skip(while: Self.isSpace)
                if let value = takeValue(), parameters[word] == nil { parameters[word] = value }
                skip { $0 != UInt8(ascii: ",") }
            } else {
                challenges += finished()
                scheme = word
                parameters = [:]
                skipToken68(from: afterWord)
            }
        }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while let byte = current, condition(byte) { position += 1 }
    }

    /// A token in lower case. Schemes and parameter names are case-insensitive.
    private mutating func takeToken() -> String {
        let start = position
        skip(while: Self.isTokenByte)
        return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
    }

    /// A token or a quoted string. Nil if the closing quote is missing.
    private mutating func takeValue() -> String? {
        guard current == UInt8(ascii: "\"") else {
            let start = position
            skip { $0 != UInt8(ascii: ",") && !Self.isSpace($0) }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        position += 1
        var value: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), let escaped = current {
                position += 1
                value.append(escaped)
            } else {
                value.append(byte)
            }
        }
        return nil
    }

    /// Skips the opaque word that some schemes have instead of parameters (`Negotiate oYG2…==`).
    private mutating func skipToken68(from afterScheme: Int) {
        guard position > afterScheme else { return }
        let start = position
        skip { Self.isTokenByte($0) || $0 == UInt8(ascii: "/") }
        skip { $0 == UInt8(ascii: "=") }
        let end = position
        skip(while: Self.isSpace)
        let isWhole = current == nil || current == UInt8(ascii: ",")
        position = isWhole && end > start ? position : start
    }

    private mutating func skipItem() {
        if current == UInt8(ascii: "\"") {
            _ = takeValue()
        } else {
            position += 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// A challenge: one item of `WWW-Authenticate` (RFC 9110, section 11.6.1).
struct AuthenticationChallenge: Equatable {
    /// In lower case, such as `basic` or `bearer`.
    let scheme: String
    /// The parameters, with names in lower case. If a name is repeated, the first value is used.
    let parameters: [String: String]

    /// All challenges in the values of a response's `WWW-Authenticate` headers, in order.
    ///
    /// One header may contain several challenges, separated by the same commas as the parameters of one. Malformed
    /// parts are skipped, because the challenges around them may be sufficient.
    static func parse(_ values: [String]) -> [AuthenticationChallenge] {
        values.flatMap { value in
            var parser = ChallengeParser(value)
            return parser.parse()
        }
    }
}
