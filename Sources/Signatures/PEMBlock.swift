import FoundationEssentials

/// A block of a PEM string (RFC 7468), such as a key.
struct PEMBlock: Equatable {
    /// The label after `BEGIN`, such as `PUBLIC KEY`.
    let label: String
    let bytes: [UInt8]

    /// All blocks in a string, in order. Lines between blocks are ignored. Nil if a block has no end, or is not base
    /// 64.
    static func all(in text: String) -> [PEMBlock]? {
        var blocks: [PEMBlock] = []
        var open: (label: String, lines: String)?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingPrefix(while: \.isWhitespace)
            if let label = label(line, "BEGIN") {
                guard open == nil else { return nil }
                open = (label, "")
            } else if let label = label(line, "END") {
                guard let block = open, block.label == label, let data = Data(base64Encoded: block.lines) else {
                    return nil
                }
                blocks.append(PEMBlock(label: label, bytes: Array(data)))
                open = nil
            } else if let block = open {
                open = (block.label, block.lines + line.filter { !$0.isWhitespace })
            }
        }
        return open == nil ? blocks : nil
    }

    private static func label(_ line: some StringProtocol, _ word: String) -> String? {
        let (start, end) = ("-----\(word) ", "-----")
        let text = line.reversed().drop(while: \.isWhitespace).reversed()
        let trimmed = String(text)
        guard trimmed.hasPrefix(start), trimmed.hasSuffix(end), trimmed.count > start.count + end.count else {
            return nil
        }
        return String(trimmed.dropFirst(start.count).dropLast(end.count))
    }
}
