import Fingerprint
package import Images
import Options

/// The names that an image gets besides those by which it is found, on hits and misses alike.
package struct FurtherNames: Equatable, Sendable {
    /// Tags in the repository of the cache images.
    package let tags: [String]
    /// Tags of the image's own name in the agent's daemon.
    package let localTags: [String]
    /// The name under which later steps of the build find the image's reference by digest; nil for none.
    package let published: String?

    /// Reads the options `tags`, `local-tags` and `publish`. Throws ``OptionError`` for invalid values.
    ///
    /// - Parameters:
    ///   - tag: the prefix of cache image tags
    ///   - fallbackTag: the tag of the newest build
    init(
        _ options: OptionValues,
        image: RepositoryName,
        tag: String,
        fallbackTag: String
    ) throws(OptionError) {
        tags = try Self.tags(options, OptionTable.tags) { text in
            if text == fallbackTag {
                return "fallback-tag moves this tag to the newest build, and a hit would move it back. Name another."
            }
            guard Self.isReserved(text, tag: tag) else { return nil }
            return "tags of this form are the cache's own. Name another, or change the option tag."
        }
        localTags = try Self.tags(options, OptionTable.localTags) { _ in nil }
        published = try Self.published(options, image: image)
    }

    /// The given options that require the image in a registry, by the names that the user knows.
    func optionsInRegistry(_ options: OptionValues) -> [String] {
        (tags.isEmpty ? [] : [options.displayName(OptionTable.tags)])
            + (published == nil ? [] : [options.displayName(OptionTable.publish)])
    }

    /// Whether `text` has the form of a tag of cache images or their layers.
    private static func isReserved(_ text: String, tag: String) -> Bool {
        guard text.hasPrefix("\(tag)-") else { return false }
        let rest = text.dropFirst(tag.count + 1)
        return Key.isWellFormed(String(rest.prefix(40))) || rest.hasSuffix("-layers")
    }

    /// - Parameter objection: why a well-formed tag is not allowed; nil if it is
    private static func tags(
        _ options: OptionValues,
        _ option: OptionDefinition,
        objection: (String) -> String?
    ) throws(OptionError) -> [String] {
        var tags: [String] = []
        for text in options.list(option) where !text.isEmpty && !tags.contains(text) {
            let name = options.displayName(option)
            guard ImageReference.isWellFormed(tag: text) else {
                throw .invalid(option: name, value: text, reason: "\(NameError.malformedTag(text)).")
            }
            if let reason = objection(text) { throw .invalid(option: name, value: text, reason: reason) }
            tags.append(text)
        }
        return tags
    }

    private static func published(
        _ options: OptionValues,
        image: RepositoryName
    ) throws(OptionError) -> String? {
        guard let text = try options.text(OptionTable.publish) else { return nil }
        switch text.lowercased() {
        case "false", "no", "off": return nil
        case "true", "yes", "on": return publishedName(of: image)
        default:
            guard isWellFormed(publishedName: text) else {
                throw .invalid(
                    option: options.displayName(OptionTable.publish),
                    value: text,
                    reason: "expected true, false, or a name of letters, digits, \".\", \"_\" and \"-\"."
                )
            }
            return text
        }
    }

    /// The name for `publish: true`: the last part of the image's name, as in `api` for `team/api`.
    package static func publishedName(of image: RepositoryName) -> String {
        image.path.split(separator: "/").last.map(String.init) ?? image.path
    }

    /// Whether an image may be published under `name`. The rules are those for services of docker compose.
    package static func isWellFormed(publishedName name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
