/// Text that was written for a terminal.
enum TerminalText {
    /// The text of a line without its control sequences (ECMA-48), and without spaces at either end.
    static func plain(_ line: [UInt8]) -> String {
        var plain: [UInt8] = []
        var rest = line[...]
        while let byte = rest.popFirst() {
            guard byte == escape else {
                if byte >= 0x20 || byte == UInt8(ascii: "\t") { plain.append(byte) }
                continue
            }
            guard rest.first == UInt8(ascii: "[") else {
                _ = rest.popFirst()
                continue
            }
            rest.removeFirst()
            // Parameters, and then the byte that ends the sequence.
            while let next = rest.popFirst(), !(0x40...0x7E).contains(next) {}
        }
        let space = UInt8(ascii: " ")
        while plain.last == space { plain.removeLast() }
        return String(decoding: plain.drop { $0 == space }, as: UTF8.self)
    }

    private static let escape: UInt8 = 0x1B
}
