import Fingerprint

/// The tag of a cache image, taken apart: `<prefix>-<key>`, or `<prefix>-<key>-r<revision>` beside an expired one.
package struct CacheTag: Equatable, Sendable {
    /// What the option `tag` said.
    package let prefix: String
    /// 40 hex digits.
    package let key: String

    /// Nil for a tag of another form.
    package init?(_ tag: String) {
        var rest = Substring(tag)
        if let dash = rest.lastIndex(of: "-"), rest[rest.index(after: dash)...].first == "r" {
            let digits = rest[dash...].dropFirst(2)
            if !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                rest = rest[..<dash]
            }
        }
        guard let dash = rest.lastIndex(of: "-"), dash > rest.startIndex else { return nil }
        let key = String(rest[rest.index(after: dash)...])
        guard Key.isWellFormed(key) else { return nil }
        prefix = String(rest[..<dash])
        self.key = key
    }
}
