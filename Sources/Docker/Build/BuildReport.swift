package import Images

/// How a build ended.
package struct FinishedBuild: Equatable, Sendable {
    /// The builder's exit status: 0 if the image is there now.
    package let status: Int32
    /// What the builder says of a build that succeeded; nil where it says nothing.
    package let report: BuildReport?

    package init(status: Int32, report: BuildReport? = nil) {
        self.status = status
        self.report = report
    }
}

/// What buildx writes into the file that `--metadata-file` names: from version 0.14 on, which images a build used.
///
/// https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
package struct BuildReport: Equatable, Sendable {
    /// An image that the build started from or took files of.
    package struct Material: Equatable, Sendable {
        package let reference: RegistryReference
        /// Nil if the report does not say.
        package let platform: Platform?
        /// What the reference stood for in this build. For an image that the daemon had in Docker's own image store it
        /// is the digest of the chain of its layers (tried with 28.5); otherwise it is that of a manifest or an index.
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

    /// Reads the file. Nil if it does not say what the build used.
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

    /// Reads `pkg:docker/name@tag?digest=sha256:…&platform=linux%2Famd64`.
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

    /// Text with `%` and two hex digits for some of its bytes. Nil if it is malformed.
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

    /// What the build used under the name `reference`, on `platform` where it is given; nil if the report does not say,
    /// or says two things.
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
