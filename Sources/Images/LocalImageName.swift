/// The names that an image of a key has in the agent's daemon.
///
/// `<image>:<key>` is the shared name: it stays with the newest image of the key. Where it names another image, an
/// image has a name of its own, `<image>:<key>-<12 hex digits>`. A build takes such a name first, so that it takes no
/// name from anything.
///
/// Images of untrusted builds have `<image>:untrusted-<key>` for a shared name, so that a trusted build's step never
/// runs one of them.
package enum LocalImageName {
    private static let digits = 12
    /// No hex digit, so that the name is never that of an image's id.
    private static let temporaryMark: Character = "t"

    /// The shared name of an image's key.
    package static func shared(
        _ image: RepositoryName,
        key: String,
        isUntrusted: Bool
    ) throws(NameError) -> ImageReference {
        try ImageReference(repository: image, tag: (isUntrusted ? untrustedMark : "") + key)
    }

    /// All shared names that images of a key have, as the daemon lists them.
    package static func allShared(_ image: String, key: String) -> [String] {
        ["", untrustedMark].map { listed("\(image):\($0)\(key)") }
    }

    private static let untrustedMark = "untrusted-"

    /// The name of its own that an image has beside `shared`.
    ///
    /// - Parameter id: the image's, `sha256:…`
    package static func own(_ shared: ImageReference, id: String) throws(NameError) -> ImageReference {
        try marked(shared, id.drop { $0 != ":" }.dropFirst().prefix(digits))
    }

    /// A name for an image that is not built yet, which no other image has. One that is not saved may keep it.
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

    /// Whether `name` is one that an image has to itself, beside the name `shared`.
    package static func isOwn(_ name: String, beside shared: String) -> Bool {
        guard name.hasPrefix("\(shared)-") else { return false }
        var mark = name.dropFirst(shared.count + 1)
        if mark.first == temporaryMark { mark = mark.dropFirst() }
        return mark.utf8.count == digits && mark.utf8.allSatisfy(\.isHexDigit)
    }

    /// Whether `name` is one that an image was built under.
    package static func isTemporary(_ name: String, beside shared: String) -> Bool {
        isOwn(name, beside: shared) && name.dropFirst(shared.count + 1).first == temporaryMark
    }

    /// A name as the daemon lists it: it leaves out what stands for Docker Hub.
    package static func listed(_ name: String) -> String {
        for prefix in ["docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/", "library/"]
        where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}
