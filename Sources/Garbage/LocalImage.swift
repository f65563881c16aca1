package import Docker
import PluginConfiguration
import Fingerprint
import Formatting
import Images
import Store

/// An image in the daemon that this tool built. Its labels give its key, and it has a name that matches them
/// (``LocalImageName``). An image that a user builds from one of ours inherits the labels, but not the name.
package struct LocalImage: Equatable, Sendable {
    /// `sha256:…`
    package let id: String
    /// 40 hex digits.
    package let key: String
    /// The image's name, without a tag.
    package let image: String
    /// In bytes, including layers that it shares with other images.
    package let size: Int64
    /// `repository:tag` for every name it has.
    package let names: [String]
    /// `repository@sha256:…` for every name of that form.
    package let digests: [String]
    /// Milliseconds since 1970.
    package let builtAt: Int64
    /// When it was last tagged in this daemon, in milliseconds since 1970.
    let taggedAt: Int64

    /// The shared names of its key, the usual one first.
    private var sharedNames: [String] { LocalImageName.allShared(image, key: key) }

    /// Its main name, and the last tag to be removed: a shared name, or its own name if another image has the shared
    /// one.
    package var name: String {
        sharedNames.first(where: names.contains) ?? markedNames.first ?? LocalImageName.listed("\(image):\(key)")
    }

    /// Its own names, beside a shared one.
    private var markedNames: [String] {
        names.filter { name in sharedNames.contains { LocalImageName.isOwn(name, beside: $0) } }
    }

    /// Whether it has only the name that it was built under: its build was interrupted, or it was not saved.
    var isTemporary: Bool {
        let shared = sharedNames
        return !shared.contains(where: names.contains) && !markedNames.isEmpty
            && markedNames.allSatisfy { name in shared.contains { LocalImageName.isTemporary(name, beside: $0) } }
    }

    /// Nil for an image that this tool did not build.
    package init?(_ details: ImageDetails) {
        guard let key = details.labels[ImageAge.keyLabel], Key.isWellFormed(key),
            let image = details.labels[ImageAge.imageLabel]
        else { return nil }
        let shared = LocalImageName.allShared(image, key: key)
        let isNamed = details.names.contains { name in
            shared.contains { name == $0 || LocalImageName.isOwn(name, beside: $0) }
        }
        guard isNamed else { return nil }
        self.key = key
        self.image = image
        id = details.id
        size = details.size
        names = details.names
        digests = details.repositoryDigests
        builtAt = ImageAge.builtAt(details) ?? 0
        taggedAt = details.taggedText.flatMap(Timestamp.milliseconds) ?? 0
    }

    package init(
        id: String,
        key: String,
        image: String,
        size: Int64,
        names: [String],
        digests: [String] = [],
        builtAt: Int64,
        taggedAt: Int64
    ) {
        self.id = id
        self.key = key
        self.image = image
        self.size = size
        self.names = names
        self.digests = digests
        self.builtAt = builtAt
        self.taggedAt = taggedAt
    }

    /// The names that this tool gave it, in removal order. Digests are included only if this tool pushed it to or
    /// pulled it from their repository, according to the entries or its tags.
    func ownNames(_ entries: [Entry]) -> [String] {
        let shared = sharedNames
        let tags = names.filter { $0 != name && (Self.isCacheImage($0, key: key) || shared.contains($0)) }
        let pushed = Set(
            (tags + entries.compactMap(\.cacheImage)).compactMap { ImageReference($0)?.repository.description }
        )
        // When containerd's image store removes a digest, it removes every tag of that repository from the image. So
        // such a digest is removed only if all these tags are ours. If the last name to remove is one of them, the
        // digest follows it.
        let marked = markedNames.filter { $0 != name }
        let known = Set(tags + marked + [name])
        let others = names.filter { !known.contains($0) }
        let foreign = Set(others.compactMap { ImageReference($0)?.repository.description })
        let pulled = digests.filter { digest in
            guard let repository = Self.repository(ofDigest: digest), pushed.contains(repository) else { return false }
            return !digest.hasSuffix("@\(id)") || !foreign.contains(repository)
        }
        let last = pulled.filter {
            $0.hasSuffix("@\(id)") && Self.repository(ofDigest: $0) == LocalImageName.listed(image)
        }
        return tags + pulled.filter { !last.contains($0) } + marked + [name] + last
    }

    /// The names that this tool did not give it. They keep the image in the daemon.
    func foreignNames(_ entries: [Entry]) -> [String] {
        let own = Set(ownNames(entries))
        return (names + digests.filter { !comesWithATag($0) }).filter { !own.contains($0) }
    }

    /// Whether it has a tag in its image's repository that this tool's lookups do not use, such as one from
    /// `local-tags`.
    func hasLocalTags(_ entries: [Entry]) -> Bool {
        let own = Set(ownNames(entries))
        let repository = LocalImageName.listed(image)
        return names.contains { !own.contains($0) && ImageReference($0)?.repository.description == repository }
    }

    /// With containerd's image store, Docker lists `repository@sha256:…` for every tag, with the image's id as the
    /// digest. That is not a separate name, and is removed with the tag.
    private func comesWithATag(_ digest: String) -> Bool {
        guard digest.hasSuffix("@\(id)"), let repository = Self.repository(ofDigest: digest) else { return false }
        return names.contains { ImageReference($0)?.repository.description == repository }
    }

    private static func repository(ofDigest name: String) -> String? {
        name.firstIndex(of: "@").map { String(name[..<$0]) }
    }

    /// Whether a tag has the form of those in the registry: `<tag>-<key>` or `<tag>-<key>-r<number>`.
    static func isCacheImage(_ name: String, key: String) -> Bool {
        guard let tag = ImageReference(name)?.tag else { return false }
        return CacheTag(tag)?.key == key
    }
}
