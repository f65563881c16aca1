import Crypto

/// Everything that decides an image's content, as values. A field that is nil is absent, which is not the same as
/// empty.
package struct KeyInputs: Equatable, Sendable {
    /// The bytes of the Dockerfile, where all of it counts.
    package var dockerfile: [UInt8]?
    /// The context digest, 32 bytes, where all of it counts.
    package var context: [UInt8]?
    /// The stages that the target needs, in canonical form, in place of ``dockerfile``.
    package var stages: [UInt8]?
    /// What these take from the context, in canonical form, in place of ``context``.
    package var sources: [UInt8]?
    /// The stage that is built.
    package var target: String?
    package var buildArguments: [BuildArgument]?
    /// The words of `additional-build-args`, in order.
    package var additionalArguments: AdditionalArguments?
    /// Digests of the local directories that `--build-context` names, by name.
    package var namedContexts: [(name: String, digest: [UInt8])]
    /// The ids of the secrets; never a value.
    package var secretIdentifiers: [String]?
    /// The normalised platform, such as `linux/amd64`.
    package var platform: String
    /// The platform of the machine that builds, where the image depends on it.
    package var buildPlatform: String?
    /// The names of base images and what they stand for, where that counts.
    package var baseImages: [(name: String, meaning: String)]?
    /// What builds, where it is not BuildKit: the same Dockerfile makes another image of it.
    package var builder: String?
    /// What the user's own `cache-key` came to.
    package var cacheKey: [CacheKeyElement]?

    package init(platform: String) {
        self.platform = platform
        namedContexts = []
    }

    package static func == (left: KeyInputs, right: KeyInputs) -> Bool {
        left.fields.elementsEqual(right.fields) { $0 == $1 }
    }

    /// The first line of the encoding. Any change of meaning changes it.
    private static let version = "docker-cache key 2\n"

    /// Name and canonical value of every field that is there, in the order in which they are encoded.
    var fields: [(name: String, value: [UInt8])] {
        var fields: [(name: String, value: [UInt8])] = []
        func add(_ name: String, _ value: [UInt8]?) {
            if let value { fields.append((name, value)) }
        }
        add("dockerfile", dockerfile)
        add("context", context)
        add("stages", stages)
        add("sources", sources)
        add("target", target.map { Array($0.utf8) })
        add("build-args", buildArguments.map(BuildArgument.encode))
        add("additional-build-args", additionalArguments?.encoded)
        if let baseImages {
            var encoding = CanonicalEncoding()
            for image in baseImages.sorted(by: { CanonicalEncoding.byBytes($0.name, $1.name) }) {
                encoding.append(image.name)
                encoding.append(image.meaning)
            }
            add("base-images", encoding.bytes)
        }
        if !namedContexts.isEmpty {
            var encoding = CanonicalEncoding()
            for context in namedContexts.sorted(by: { CanonicalEncoding.byBytes($0.name, $1.name) }) {
                encoding.append(context.name)
                encoding.append(context.digest)
            }
            add("named-contexts", encoding.bytes)
        }
        add("secrets", secretIdentifiers.map { CanonicalEncoding.list($0.sorted(by: CanonicalEncoding.byBytes)) })
        add("cache-key", cacheKey.map(CacheKeyElement.encode))
        add("platform", Array(platform.utf8))
        add("builder", builder.map { Array($0.utf8) })
        add("build-platform", buildPlatform.map { Array($0.utf8) })
        return fields
    }

    /// The key of these inputs.
    package var key: Key {
        var encoding = CanonicalEncoding()
        for field in fields {
            encoding.append(field.name)
            encoding.append(field.value)
        }
        var hasher = SHA256()
        hasher.update(data: Array(Self.version.utf8))
        hasher.update(data: encoding.bytes)
        return Key(hasher.finalize())
    }

    /// Each field's name and the SHA-256 of its canonical value, 64 hex digits: what tells two keys apart.
    package var components: [(name: String, digest: String)] {
        fields.map { ($0.name, SHA256.hash(data: $0.value).hexadecimal) }
    }
}

/// One element of the `cache-key` that a user gave in place of the Dockerfile and the context.
package enum CacheKeyElement: Equatable, Sendable {
    /// A text that counts as it stands.
    case text(String)
    /// A path or a glob, and what it matched.
    case files(pattern: String, matches: [Match])

    /// A path that a pattern matched, and the digest of what is there.
    package struct Match: Equatable, Sendable {
        /// Relative to the directory the pattern is relative to.
        package let path: [UInt8]
        /// SHA-256 of a file's content, or the context digest of a directory.
        package let digest: [UInt8]

        package init(path: [UInt8], digest: [UInt8]) {
            self.path = path
            self.digest = digest
        }
    }

    static func encode(_ elements: [CacheKeyElement]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for element in elements {
            switch element {
            case .text(let text):
                encoding.append("text")
                encoding.append(text)
            case .files(let pattern, let matches):
                encoding.append("files")
                encoding.append(pattern)
                encoding.append("\(matches.count)")
                for match in matches {
                    encoding.append(match.path)
                    encoding.append(match.digest)
                }
            }
        }
        return encoding.bytes
    }
}
