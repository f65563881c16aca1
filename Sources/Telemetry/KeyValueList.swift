/// A list in the format of OpenTelemetry's variables, such as `api-key=secret,team=shop%20floor`. Special characters in
/// values are percent-encoded, as in W3C Baggage, but without its properties.
struct KeyValueList: Equatable {
    /// In the given order. The last of equal names is used.
    let pairs: [(name: String, value: String)]

    /// Nil for a string that is not a valid list. The specification requires that such a list is ignored as a whole.
    init?(_ text: String) {
        var pairs: [(name: String, value: String)] = []
        for member in text.split(separator: ",") {
            let member = Self.trimmed(member)
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "="),
                let name = Self.decoded(Self.trimmed(member[..<equals])), !name.isEmpty,
                let value = Self.decoded(Self.trimmed(member[member.index(after: equals)...]))
            else { return nil }
            pairs.removeAll { $0.name == name }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text.drop(while: \.isWhitespace)
    }

    private static func decoded(_ text: Substring) -> String? {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard rest.count >= 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    static func == (left: KeyValueList, right: KeyValueList) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }
}
