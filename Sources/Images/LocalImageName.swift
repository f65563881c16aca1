/// The names of a key's images in the agent's daemon.
///
/// `<image>:<key>` is the shared name. It stays with the newest image of the key. If it names another image, an image
/// has its own name, `<image>:<key>-<12 hex digits>`. A build first uses such a name, so that it takes no name from
/// another image.
///
/// Images of untrusted builds have the shared name `<image>:untrusted-<key>`, so that a trusted build's step never runs
/// one of them.
package enum LocalImageName {
    private static let digits = 12
    /// Not a hex digit, so that a temporary name never equals a name that contains an image's id.
    private static let temporaryMark: Character = "t"

    /// The shared name for a key of `image`.
    package static func shared(
        _ image: RepositoryName,
        key: String,
        isUntrusted: Bool
    ) throws(NameError) -> ImageReference {
        try ImageReference(repository: image, tag: (isUntrusted ? untrustedMark : "") + key)
    }

    /// All shared names for a key, as the daemon lists them.
    package static func allShared(_ image: String, key: String) -> [String] {
        ["", untrustedMark].map { listed("\(image):\($0)\(key)") }
    }

    private static let untrustedMark = "untrusted-"

    /// The image's own name, in addition to `shared`.
    ///
    /// - Parameter id: the image's id, `sha256:…`
    package static func own(_ shared: ImageReference, id: String) throws(NameError) -> ImageReference {
        try marked(shared, id.drop { $0 != ":" }.dropFirst().prefix(digits))
    }

    /// A unique name for an image that is not built yet. An image that is not saved may keep it.
    package static func temporary(
        _ shared: ImageReference,
        using random: inout some RandomNumberGenerator
    ) throws(NameError) -> ImageReference {
        let mark = String(UInt64.random(in: 0..<1 << UInt64(4 * digits), using: &random), radix: 16)
        return try marked(shared, "\(temporaryMark)" + String(repeating: "0", count: digits - mark.count) + mark)
    }

    private static func marked(
        _ shared: ImageReference,
        _ mark: some StringProtocol
    ) throws(NameError) -> ImageReference {
        try ImageReference(repository: shared.repository, tag: "\(shared.tag)-\(mark)")
    }

    /// Whether `name` is an image's own or temporary name, in addition to the name `shared`.
    package static func isOwn(_ name: String, beside shared: String) -> Bool {
        guard name.hasPrefix("\(shared)-") else { return false }
        var mark = name.dropFirst(shared.count + 1)
        if mark.first == temporaryMark { mark = mark.dropFirst() }
        return mark.utf8.count == digits && mark.utf8.allSatisfy(\.isHexDigit)
    }

    /// Whether `name` is a temporary name, under which an image was built.
    package static func isTemporary(_ name: String, beside shared: String) -> Bool {
        isOwn(name, beside: shared) && name.dropFirst(shared.count + 1).first == temporaryMark
    }

    /// A name as the daemon lists it, without the prefixes of Docker Hub.
    package static func listed(_ name: String) -> String {
        for prefix in ["docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/", "library/"]
        where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}
