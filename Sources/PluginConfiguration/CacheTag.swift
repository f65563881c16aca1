import Fingerprint
package import Images

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
        guard let (prefix, key) = Self.parts(rest), RecordTag(tag) == nil else { return nil }
        (self.prefix, self.key) = (prefix, key)
    }

    /// What stands before 40 hex digits and their hyphen, and the digits.
    fileprivate static func parts(_ tag: some StringProtocol) -> (prefix: String, digits: String)? {
        guard let dash = tag.lastIndex(of: "-"), dash > tag.startIndex else { return nil }
        let digits = String(tag[tag.index(after: dash)...])
        guard Key.isWellFormed(digits) else { return nil }
        return (String(tag[..<dash]), digits)
    }
}

/// The tag of an image's record: `<prefix>-record-<the first 40 hex digits of the image's digest>`.
package struct RecordTag: Equatable, Sendable, CustomStringConvertible {
    /// What the option `tag` said.
    package let prefix: String
    /// The first 40 hex digits of the digest of the image that it belongs to.
    package let digits: String

    /// What the prefix is followed by.
    package static let infix = "-record"
    /// Of what follows the prefix, in characters.
    package static let suffixLength = infix.utf8.count + 41

    package init(prefix: String, digest: Digest) {
        self.prefix = prefix
        digits = String(digest.description.dropFirst("sha256:".count).prefix(40))
    }

    /// Nil for a tag of another form.
    package init?(_ tag: String) {
        guard let (prefix, digits) = CacheTag.parts(tag), prefix.hasSuffix(Self.infix),
            prefix.utf8.count > Self.infix.utf8.count
        else { return nil }
        self.prefix = String(prefix.dropLast(Self.infix.utf8.count))
        self.digits = digits
    }

    package var description: String { "\(prefix)\(Self.infix)-\(digits)" }
}
