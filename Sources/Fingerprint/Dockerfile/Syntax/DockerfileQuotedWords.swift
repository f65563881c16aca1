/// The words of `ARG` and `ENV`, at white space that is neither quoted nor escaped. Quotes and escapes stay in them:
/// they are taken away when the variables are put in.
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
                // One at the very end counts for nothing.
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
