/// An encoding in which every part is framed by its length, so that no two different inputs encode alike.
///
/// A frame is the length in decimal digits, a colon, and the bytes.
struct CanonicalEncoding: Equatable {
    private(set) var bytes: [UInt8] = []

    /// Appends one part.
    mutating func append(_ part: some Collection<UInt8>) {
        bytes.append(contentsOf: "\(part.count):".utf8)
        bytes.append(contentsOf: part)
    }

    /// Appends a string as one part.
    mutating func append(_ text: String) {
        append(Array(text.utf8))
    }

    /// Encodes a list of strings, each framed.
    static func list(_ texts: [String]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for text in texts { encoding.append(text) }
        return encoding.bytes
    }

    static func byBytes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
