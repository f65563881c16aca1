package import Images

/// The result of a build.
package struct FinishedBuild: Equatable, Sendable {
    /// The builder's exit status. 0 means that the image exists now.
    package let status: Int32
    /// The builder's report on a successful build. Nil if there is none.
    package let report: BuildReport?

    package init(status: Int32, report: BuildReport? = nil) {
        self.status = status
        self.report = report
    }
}

/// The file that buildx writes for `--metadata-file`. From version 0.14 on, it lists the images that a build used.
///
/// https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
package struct BuildReport: Equatable, Sendable {
    /// An image that the build started from or copied files from.
    package struct Material: Equatable, Sendable {
        package let reference: RegistryReference
        /// Nil if the report does not contain it.
        package let platform: Platform?
        /// The digest that the reference had in this build. For an image in Docker's own image store, it is the chain
        /// ID of the layers (tested with 28.5). Otherwise it is the digest of a manifest or an index.
        package let digest: Digest

        package init(reference: RegistryReference, platform: Platform?, digest: Digest) {
            self.reference = reference
            self.platform = platform
            self.digest = digest
        }
    }

    package let materials: [Material]

    package init(materials: [Material]) {
        self.materials = materials
    }

    /// Parses the file. Nil if it does not list the images that the build used.
    package init?(metadata: some Collection<UInt8>) {
        guard let metadata = try? JSONValue(parsing: metadata) else { return nil }
        let provenance = metadata["buildx.build.provenance"]
        // The first is SLSA 0.2, the second SLSA 1: https://slsa.dev/spec/v1.0/provenance
        let dependencies =
            provenance?["materials"]?.array ?? provenance?["buildDefinition"]?["resolvedDependencies"]?.array
        guard let dependencies else { return nil }
        materials = dependencies.compactMap(Self.material)
    }

    private static func material(_ value: JSONValue) -> Material? {
        guard let uri = value["uri"]?.string, let (reference, platform) = image(packageURL: uri),
            let digits = value["digest"]?["sha256"]?.string, let digest = Digest("sha256:\(digits)")
        else { return nil }
        return Material(reference: reference, platform: platform, digest: digest)
    }

    /// Parses a package URL such as `pkg:docker/name@tag?digest=sha256:…&platform=linux%2Famd64`.
    /// https://github.com/package-url/purl-spec
    static func image(packageURL text: String) -> (RegistryReference, Platform?)? {
        let prefix = "pkg:docker/"
        guard text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: "?", maxSplits: 1)
        guard let path = parts.first?.split(separator: "@", maxSplits: 1), let name = path.first else { return nil }
        var qualifiers: [Substring: String] = [:]
        for qualifier in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let pair = qualifier.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { qualifiers[pair[0]] = decoded(pair[1]) }
        }
        guard var reference = decoded(name) else { return nil }
        if let tag = path.dropFirst().first.flatMap(decoded) { reference += ":\(tag)" }
        if let digest = qualifiers["digest"] { reference += "@\(digest)" }
        guard let read = try? RegistryReference(reference) else { return nil }
        return (read, qualifiers["platform"].flatMap { Platform($0) })
    }

    /// Decodes percent-encoding. Nil if it is malformed.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.prefix(2).count == 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The digest that the build used for `reference`, on `platform` if it is given. Nil if the report has no digest or
    /// several.
    package func digest(of reference: RegistryReference, platform: Platform?) -> Digest? {
        let named = materials.filter { material in
            material.reference.repository == reference.repository
                && (reference.digest == nil
                    ? material.reference.tag == reference.tag : material.reference.digest == reference.digest)
        }
        let onPlatform = named.filter { $0.platform == nil || platform == nil || $0.platform == platform }
        let digests = Set((onPlatform.isEmpty ? named : onPlatform).map(\.digest))
        return digests.count == 1 ? digests.first : nil
    }
}
