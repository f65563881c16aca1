import Crypto
import Formatting

/// Everything that determines an image's content, as values. A field that is nil is absent, which is not the same as
/// empty.
package struct KeyInputs: Equatable, Sendable {
    /// The bytes of the Dockerfile, if all of it is part of the key.
    package var dockerfile: [UInt8]?
    /// The context digest, 32 bytes, if the whole context is part of the key.
    package var context: [UInt8]?
    /// The target in canonical form, with the values of the arguments that reach it. Replaces ``dockerfile``.
    package var stages: [UInt8]?
    /// What the needed stages take from the context, in canonical form. Replaces ``context``.
    package var sources: [UInt8]?
    /// The location of the Dockerfile and the files next to it, if a frontend can see them.
    package var dockerfilePlace: [UInt8]?
    /// The stage to build. With ``stages``, for display only.
    package var target: String?
    /// The arguments that are part of the key. With ``stages``, most of them are for display only.
    package var buildArguments: [BuildArgument]?
    /// The `additional-build-args`. Only those that affect the image are part of the key.
    package var additionalArguments: AdditionalArguments?
    /// Digests of the local directories that `--build-context` names, by name.
    package var namedContexts: [(name: String, digest: [UInt8])]
    /// Environment variables that affect the image without being arguments, with the relevant parts of their values.
    package var environment: [(name: String, value: [UInt8])]
    /// The ids of the secrets; never a value.
    package var secretIdentifiers: [String]?
    /// The normalised platform, such as `linux/amd64`.
    package var platform: String
    /// The platform of the build machine, if the image depends on it.
    package var buildPlatform: String?
    /// The names of base images and what they refer to, if that is part of the key.
    package var baseImages: [(name: String, meaning: String)]?
    /// The addresses that the Dockerfile adds and their contents, if these are part of the key.
    package var remoteSources: [(name: String, value: [UInt8])]
    /// The builder, if it is not BuildKit: it makes a different image from the same Dockerfile.
    package var builder: String?
    /// The elements of the user's own `cache-key`.
    package var cacheKey: [CacheKeyElement]?

    package init(platform: String) {
        self.platform = platform
        namedContexts = []
        environment = []
        remoteSources = []
    }

    package static func == (left: KeyInputs, right: KeyInputs) -> Bool {
        left.fields.elementsEqual(right.fields) { $0 == $1 }
    }

    /// The first line of the encoding. Any change of meaning changes it.
    private static let version = "docker-cache key 2\n"

    /// The variable that tells buildx whether to make attestations by default. It is set so that buildx makes none,
    /// unless the user has set it. The user's value is then part of the key.
    private static let attestations = "BUILDX_NO_DEFAULT_ATTESTATIONS"

    /// The name and canonical value of every field that is present, in the order in which they are encoded.
    var fields: [(name: String, value: [UInt8])] {
        var fields: [(name: String, value: [UInt8])] = []
        func add(_ name: String, _ value: [UInt8]?) {
            if let value { fields.append((name, value)) }
        }
        add("dockerfile", dockerfile)
        add("context", context)
        add("stages", stages)
        add("sources", sources)
        add("dockerfile-place", dockerfilePlace)
        if stages == nil {
            add("target", target.map { Array($0.utf8) })
            add("build-args", buildArguments.map(BuildArgument.encode))
        } else {
            let beside = buildArguments?.filter { DockerfileInputs.countsBeside($0.name) }
            add("build-args", beside.map(BuildArgument.encode))
        }
        let hasAttestations = environment.contains { $0.name == Self.attestations }
        add("additional-build-args", additionalArguments?.encoded(hasAttestations: hasAttestations))
        if let baseImages {
            add("base-images", Self.encode(baseImages.map { ($0.name, Array($0.meaning.utf8)) }) ?? [])
        }
        add("named-contexts", Self.encode(namedContexts.map { ($0.name, $0.digest) }))
        add("environment", Self.encode(environment))
        add("remote-sources", Self.encode(remoteSources))
        add("secrets", secretIdentifiers.map { CanonicalEncoding.list($0.sorted(by: CanonicalEncoding.byBytes)) })
        add("cache-key", cacheKey.map(CacheKeyElement.encode))
        add("platform", Array(platform.utf8))
        add("builder", builder.map { Array($0.utf8) })
        add("build-platform", buildPlatform.map { Array($0.utf8) })
        return fields
    }

    /// Encodes names and values, sorted by name; nil if there are none.
    private static func encode(_ values: [(name: String, value: [UInt8])]) -> [UInt8]? {
        guard !values.isEmpty else { return nil }
        var encoding = CanonicalEncoding()
        for (name, value) in values.sorted(by: { CanonicalEncoding.byBytes($0.name, $1.name) }) {
            encoding.append(name)
            encoding.append(value)
        }
        return encoding.bytes
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

    /// The name of each field and the SHA-256 of its canonical value, 64 hex digits. They show how two keys differ.
    package var components: [(name: String, digest: String)] {
        fields.map { ($0.name, SHA256.hash(data: $0.value).hexadecimal) }
    }
}

/// One element of the user's `cache-key`, which replaces the Dockerfile and the context.
package enum CacheKeyElement: Equatable, Sendable {
    /// A string that is used literally.
    case text(String)
    /// A path or a glob, and its matches.
    case files(pattern: String, matches: [Match])

    /// A path that a pattern matched, and the digest of its content.
    package struct Match: Equatable, Sendable {
        /// Relative to the same directory as the pattern.
        package let path: [UInt8]
        /// See ``FileContent/identity(_:directory:)``.
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
