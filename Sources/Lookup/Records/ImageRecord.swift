package import Buildkite
package import Fingerprint
import Formatting
package import FoundationEssentials
package import Images
package import PluginConfiguration

/// The record of a cache image in a registry: who built it and when, how long that took, and its key record.
///
/// It is used only for messages. Anyone with write access to the registry can change it, so no step of a lookup depends
/// on it.
package struct ImageRecord: Codable, Equatable, Sendable {
    /// The format version. Changes when a field changes its meaning or is removed.
    package private(set) var version = 1
    /// The image's name, without a tag.
    package var image: String
    /// 40 hex digits.
    package var key: String
    /// `sha256:…`: the digest that the image's tag names.
    package var digest: String
    package var platform: String
    /// The build time, in milliseconds since 1970.
    package var builtAt: Int64
    /// How long the build took.
    package var buildMilliseconds: Int64?
    /// The total size in bytes of the layers of the platform's image, packed.
    package var imageBytes: Int64?
    package var pipeline, branch, commit, build: String?
    /// The key record, encoded as ``KeyRecord/bytes``; nil if it is too large.
    package var keyRecord: Data?

    /// The type of the artifact, and of its layer.
    package static let type = MediaType("application/vnd.docker-cache.record.v1+json")
    /// The maximum size of a record, in bytes.
    package static let limit = 256 << 10

    package init(
        image: String,
        key: Key,
        digest: Digest,
        platform: Platform,
        builtAt: Int64,
        buildMilliseconds: Int64?,
        imageBytes: Int64?,
        job: JobVariables,
        keyRecord: KeyRecord
    ) {
        self.image = image
        self.key = key.description
        self.digest = digest.description
        self.platform = platform.description
        self.builtAt = builtAt
        self.buildMilliseconds = buildMilliseconds
        self.imageBytes = imageBytes
        pipeline = job.pipeline.map(Self.shortened)
        branch = job.branch.map(Self.shortened)
        commit = job.commit.map(Self.shortened)
        build = job.build.map(Self.shortened)
        self.keyRecord = keyRecord.summarized(toBytes: Self.keyRecordLimit).map { Data($0.bytes) }
    }

    /// The maximum size of the key record, in bytes. Base64 encodes three bytes as four characters, and the other
    /// fields need space too.
    private static let keyRecordLimit = (limit - (16 << 10)) / 4 * 3
    /// The maximum number of characters of a string from the job.
    private static let textLimit = 400

    private static func shortened(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(textLimit)))
    }

    /// The artifact that stores the record.
    package var artifact: Artifact {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Artifact(type: Self.type, content: Array(try encoder.encode(self)))
        }
    }

    /// Parses the content that a registry has under the record's tag. Returns nil unless it is a record of the image
    /// with that digest.
    package init?(_ content: [UInt8], of digest: Digest) {
        self.init(content) { $0.digest == digest.description }
    }

    /// Parses the content that a registry has under `tag`. Returns nil unless it is a record that belongs there.
    package init?(_ content: [UInt8], under tag: ArtifactTag) {
        self.init(content) { record in
            Digest(record.digest).map { ArtifactTag(.record, prefix: tag.prefix, digest: $0) } == tag
        }
    }

    private init?(_ content: [UInt8], belongs: (ImageRecord) -> Bool) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard content.count <= Self.limit, let record = try? decoder.decode(ImageRecord.self, from: Data(content)),
            record.version == 1, belongs(record), Key.isWellFormed(record.key),
            (0...Self.latest).contains(record.builtAt)
        else { return nil }
        self = record
        pipeline = record.pipeline.map(Self.plain)
        branch = record.branch.map(Self.plain)
        commit = record.commit.map(Self.plain)
        build = record.build.map(Self.plain)
        image = Self.plain(record.image)
        platform = Self.plain(record.platform)
        if let time = record.buildMilliseconds, !(0...Self.longestBuild).contains(time) { buildMilliseconds = nil }
        if let size = record.imageBytes, size < 0 { imageBytes = nil }
    }

    /// The year 9999, in milliseconds.
    private static let latest: Int64 = 253_370_764_800_000
    /// A week, in milliseconds.
    private static let longestBuild: Int64 = 7 * 86_400_000

    /// Makes an untrusted string safe for one line of a log.
    private static func plain(_ text: String) -> String { shortened(PlainText.escaped(text)) }

    /// A description of the build, such as `build 812 of shop on main`; nil outside Buildkite.
    package var builtBy: String? {
        guard let pipeline else { return nil }
        return (build.map { "build \($0) of \(pipeline)" } ?? "a build of \(pipeline)")
            + (branch.map { " on \($0)" } ?? "")
    }

    /// The name of the build in an explanation.
    package var origin: String { builtBy ?? "the newest image in the registry" }
}
