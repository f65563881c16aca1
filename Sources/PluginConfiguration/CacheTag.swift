import Fingerprint
package import Images

/// The parsed tag of a cache image: `<prefix>-<key>`, or `<prefix>-<key>-r<revision>` beside an expired one.
package struct CacheTag: Equatable, Sendable {
    /// The value of the option `tag`.
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
        guard let (prefix, key) = Self.parts(rest), ArtifactTag(tag) == nil else { return nil }
        (self.prefix, self.key) = (prefix, key)
    }

    /// The part before a final hyphen with 40 hex digits, and the digits.
    fileprivate static func parts(_ tag: some StringProtocol) -> (prefix: String, digits: String)? {
        guard let dash = tag.lastIndex(of: "-"), dash > tag.startIndex else { return nil }
        let digits = String(tag[tag.index(after: dash)...])
        guard Key.isWellFormed(digits) else { return nil }
        return (String(tag[..<dash]), digits)
    }
}

/// The tag of an artifact that belongs to an image in its repository: `<prefix>-record-<the first 40 hex digits of the
/// image's digest>`, or the same with `signature`.
package struct ArtifactTag: Equatable, Sendable, CustomStringConvertible {
    /// The kind of the artifact. In the tag, the raw value is between the prefix and the digits.
    package enum Kind: String, CaseIterable, Sendable {
        case record = "-record"
        case signature = "-signature"
    }

    package let kind: Kind
    /// The value of the option `tag`.
    package let prefix: String
    /// The first 40 hex digits of the digest of the image that it belongs to.
    package let digits: String

    /// The maximum number of characters after the prefix.
    package static let suffixLength = (Kind.allCases.map(\.rawValue.utf8.count).max() ?? 0) + 41

    package init(_ kind: Kind, prefix: String, digest: Digest) {
        self.kind = kind
        self.prefix = prefix
        digits = String(digest.description.dropFirst("sha256:".count).prefix(40))
    }

    /// Nil for a tag of another form.
    package init?(_ tag: String) {
        guard let (prefix, digits) = CacheTag.parts(tag),
            let kind = Kind.allCases.first(where: { prefix.hasSuffix($0.rawValue) }),
            prefix.utf8.count > kind.rawValue.utf8.count
        else { return nil }
        self.kind = kind
        self.prefix = String(prefix.dropLast(kind.rawValue.utf8.count))
        self.digits = digits
    }

    package var description: String { "\(prefix)\(kind.rawValue)-\(digits)" }
}
