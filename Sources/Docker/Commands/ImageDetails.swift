import Formatting
import FoundationEssentials
package import Images

/// The daemon's description of one of its images.
package struct ImageDetails: Equatable, Sendable {
    /// `sha256:` and 64 hex digits: the digest of the image's configuration, or of its manifest where the daemon
    /// uses containerd's image store.
    package var id: String
    /// In bytes: uncompressed or, with containerd's image store, compressed.
    package var size: Int64
    /// The build time according to the image, as a string in RFC 3339.
    package var created: String
    package var labels: [String: String]
    /// `repository@sha256:…` for every registry the image was pulled from or pushed to.
    package var repositoryDigests: [String]
    /// `repository:tag` for every name of the image.
    package var names: [String] = []
    /// When the image last got a name here, as a string in RFC 3339. Nil if the daemon does not report it.
    package var taggedText: String?
    /// Nil if the image has no platform, or an unknown one.
    package var platform: Platform?
    /// `NAME=value`, as containers get it.
    package var environment: [String] = []
    /// The `ONBUILD` instructions that run in a build that starts from the image.
    package var triggers: [String] = []
    /// The digests of the uncompressed layers, lowest first.
    package var layers: [Digest] = []

    /// The chain ID of all layers. https://github.com/opencontainers/image-spec/blob/main/config.md
    package var layerChain: Digest? {
        guard var chain = layers.first else { return nil }
        for layer in layers.dropFirst() { chain = Digest(of: Array("\(chain) \(layer)".utf8)) }
        return chain
    }

    package init(id: String, size: Int64, created: String, labels: [String: String], repositoryDigests: [String]) {
        self.id = id
        self.size = size
        self.created = created
        self.labels = labels
        self.repositoryDigests = repositoryDigests
    }

    /// The digest (`sha256:…`) of this image in `repository`, if the daemon knows it.
    package func digest(in repository: RepositoryName) -> String? {
        digests(in: repository).first?.description
    }

    /// Whether `repository` has this image under `digest`, as far as the daemon knows from pushes and pulls.
    package func isKnown(as digest: Digest, in repository: RepositoryName) -> Bool {
        id == digest.description || digests(in: repository).contains(digest)
    }

    /// The image's digests in `repository`. Docker lists digests of Docker Hub without the host.
    private func digests(in repository: RepositoryName) -> [Digest] {
        guard let wanted = try? RegistryReference(repository: repository) else { return [] }
        return repositoryDigests.compactMap { try? RegistryReference($0) }
            .filter { $0.repository == wanted.repository }.compactMap(\.digest)
    }

    /// What ``decode(_:)`` needs, for errors: the decoder's own are not written for people.
    static let expected = "expected JSON with the id of the image"

    /// Parses the output of `docker image inspect --format '{{json .}}'`, or the answer of the daemon itself.
    static func decode(_ json: Data) throws -> ImageDetails {
        let raw = try JSONDecoder().decode(Inspection.self, from: json)
        var details = ImageDetails(
            id: raw.Id,
            size: raw.Size ?? 0,
            created: raw.Created ?? "",
            labels: raw.Config?.Labels ?? [:],
            repositoryDigests: raw.RepoDigests ?? []
        )
        let parts = [raw.Os, raw.Architecture, raw.Variant].compactMap { $0 }.filter { !$0.isEmpty }
        details.platform = Platform(parts.joined(separator: "/"))
        details.environment = raw.Config?.Env ?? []
        details.triggers = raw.Config?.OnBuild ?? []
        details.names = raw.RepoTags ?? []
        details.layers = (raw.RootFS?.Layers ?? []).compactMap { Digest($0) }
        details.taggedText = raw.Metadata?.LastTagTime
        return details
    }

    // The names are those of Docker's answer.
    private struct Inspection: Decodable {
        struct Configuration: Decodable {
            var Labels: [String: String]?
            var Env: [String]?
            var OnBuild: [String]?
        }
        var Id: String
        var Size: Int64?
        var Created: String?
        var Config: Configuration?
        var RepoDigests: [String]?
        var RepoTags: [String]?
        struct Metadata: Decodable {
            var LastTagTime: String?
        }
        var Metadata: Metadata?
        struct RootFileSystem: Decodable {
            var Layers: [String]?
        }
        var RootFS: RootFileSystem?
        var Os: String?
        var Architecture: String?
        var Variant: String?
    }
}

extension ImageDetails: ImageDescription {
    package var createdText: String? { created.isEmpty ? nil : created }
}

/// The disk space of an image, including layers that it shares with other images.
enum ImageSize {
    /// Parses a size from `docker image ls`, such as `6.01MB`: a number with at most four digits, and a decimal unit.
    /// Nil if it is not of that form.
    static func bytes(_ text: some StringProtocol) -> Int64? {
        guard let (number, unit) = ByteCount.numberAndUnit(text), number < 10_000,
            let power = units.firstIndex(of: unit)
        else { return nil }
        return Int64(number * factors[power])
    }

    private static let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    private static let factors: [Double] = [1, 1e3, 1e6, 1e9, 1e12, 1e15]

    /// The size on disk, in bytes. With containerd's image store, `docker image inspect` reports the compressed size,
    /// and `docker image ls` the disk space of the compressed and uncompressed data. Otherwise both report the same,
    /// and the former is exact.
    ///
    /// - Parameter listed: nil if it is unknown
    static func onDisk(inspected: Int64, listed: Int64?) -> Int64 {
        guard let listed, Double(listed) > Double(inspected) * 1.01 else { return inspected }
        return listed
    }
}
