/// The name of an image without its tag, parsed as by Docker: an optional registry host, then a path.
///
/// The grammar is that of the distribution project's `reference` package, which every Docker client uses: components of
/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` between slashes, at most 255 characters in total. The first component is a host
/// only if it contains a dot or a colon, or is `localhost`.
package struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    /// The registry's `host[:port]`, or nil for a name in the daemon (or on Docker Hub).
    package let host: String?
    /// The components after the host, joined by slashes.
    package let path: String

    /// The maximum length of a name in Docker, in characters, including the host.
    package static let maximumLength = 255

    package var description: String {
        host.map { "\($0)/\(path)" } ?? path
    }

    /// Parses a name such as `my-app`, `team/my-app` or `registry.example.com:5000/team/my-app`.
    package init(_ name: String) throws(NameError) {
        guard !name.isEmpty else { throw .empty }
        let components = name.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, let first = components.first, Self.isHost(first) {
            try self.init(host: String(first), path: components.dropFirst().joined(separator: "/"))
        } else {
            try self.init(host: nil, path: name)
        }
    }

    /// Creates a validated name from a host (`host[:port]`, nil for none) and a path.
    package init(host: String?, path: String) throws(NameError) {
        if let host {
            guard Self.isWellFormed(host: host) else { throw .malformedHost(host) }
        }
        for component in path.split(separator: "/", omittingEmptySubsequences: false) {
            try Self.check(component)
        }
        let length = path.utf8.count + (host.map { $0.utf8.count + 1 } ?? 0)
        guard length <= Self.maximumLength else { throw .tooLong(length: length) }
        guard host != nil || !Self.isImageIdentifier(path) else { throw .looksLikeIdentifier }
        self.host = host
        self.path = path
    }

    /// The same name with `suffix` as an additional component of the path.
    package func appending(_ suffix: String) throws(NameError) -> RepositoryName {
        try RepositoryName(host: host, path: path.isEmpty ? suffix : "\(path)/\(suffix)")
    }

    /// Whether Docker treats `component`, at the start of a name, as a registry's host and not as part of the path.
    package static func isHost(_ component: some StringProtocol) -> Bool {
        component.contains(".") || component.contains(":") || component == "localhost"
    }

    private static func check(_ component: Substring) throws(NameError) {
        guard !component.isEmpty else { throw .emptyComponent }
        if component.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
            throw .uppercase(component: String(component))
        }
        if component.contains(":") || component.contains("@") {
            throw .hasTag(component: String(component))
        }
        var separator: [UInt8] = []
        var previousWasSeparator = true
        for byte in component.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard isSeparator(separator) else {
                    throw .separator(
                        component: String(component),
                        separator: String(decoding: separator, as: UTF8.self)
                    )
                }
                separator = []
                previousWasSeparator = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard !previousWasSeparator || !separator.isEmpty else {
                    throw .separatorAtEdge(component: String(component))
                }
                separator.append(byte)
                previousWasSeparator = true
            default:
                throw .character(component: String(component))
            }
        }
        guard separator.isEmpty else { throw .separatorAtEdge(component: String(component)) }
    }

    /// Whether the bytes are empty, one dot, one or two underscores, or any number of hyphens.
    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        switch bytes {
        case [], [UInt8(ascii: ".")], [UInt8(ascii: "_")], [UInt8(ascii: "_"), UInt8(ascii: "_")]: true
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    private static func isWellFormed(host: String) -> Bool {
        var name = Substring(host)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let port = host[host.index(after: colon)...]
            guard let number = Int(port), (1...65535).contains(number), port.allSatisfy(\.isNumber) else {
                return false
            }
            name = host[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            return name.dropFirst().dropLast().utf8.allSatisfy { $0.isHexDigit || $0 == UInt8(ascii: ":") }
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") }
        }
    }

    /// Whether the path is 64 hex digits. Docker refuses such a name without a host, because it could be an image's id.
    private static func isImageIdentifier(_ path: String) -> Bool {
        path.utf8.count == 64 && path.utf8.allSatisfy(\.isHexDigit)
    }
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

/// Why a string is not a valid name or tag of an image.
///
/// The description completes the sentence "… is not a name Docker accepts: ".
package enum NameError: Error, Equatable, CustomStringConvertible {
    case empty
    case emptyComponent
    case uppercase(component: String)
    case hasTag(component: String)
    case separator(component: String, separator: String)
    case separatorAtEdge(component: String)
    case character(component: String)
    case malformedHost(String)
    case tooLong(length: Int)
    case looksLikeIdentifier
    case malformedTag(String)
    case malformedDigest(String)

    package var description: String {
        switch self {
        case .empty:
            "it is empty"
        case .emptyComponent:
            "there is nothing between two slashes, or before the first, or after the last"
        case .uppercase(let component):
            "\"\(component)\" has capital letters; write \"\(component.lowercased())\""
        case .hasTag(let component):
            "\"\(component)\" has a tag or digest on it; give the name alone"
        case .separator(let component, let separator):
            "\"\(component)\" has \"\(separator)\" in it; "
                + "between letters and digits stand one \".\", one \"_\", \"__\", or hyphens"
        case .separatorAtEdge(let component):
            "\"\(component)\" begins or ends with \".\", \"_\" or \"-\"; it must begin and end with a letter or digit"
        case .character(let component):
            "\"\(component)\" has a character other than a-z, 0-9, \".\", \"_\" and \"-\""
        case .malformedHost(let host):
            "\"\(host)\" is not a host, or host:port"
        case .tooLong(let length):
            "it has \(length) characters; expected at most \(RepositoryName.maximumLength)"
        case .looksLikeIdentifier:
            "64 hex digits are the id of an image"
        case .malformedTag(let tag):
            "the tag \"\(tag)\" must have 1 to 128 letters, digits, \"_\", \".\" and \"-\", "
                + "and must not begin with \".\" or \"-\""
        case .malformedDigest(let digest):
            "the digest \"\(digest)\" is not sha256: and 64 hex digits in lower case"
        }
    }
}
