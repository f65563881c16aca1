import FoundationEssentials
import HTTP
import Images
import Registry
import SystemPackage
import TestSupport
import Testing

/// The client with Debian's docker-registry, for every kind of protection.
@Suite struct RealRegistryTests {
    private static func with<Result>(
        _ registry: RealRegistry,
        settings change: (inout RegistrySettings) -> Void = { _ in },
        _ body: (RegistryClient) async throws -> Result
    ) async throws -> Result {
        try await withClient(
            registry.address,
            settings: { settings in
                if registry.protection == .certificate {
                    settings.insecureRegistries = []
                    settings.rootCertificates = RealRegistry.authority.map { FilePath($0) }
                }
                change(&settings)
            },
            time: .ofThisMachine(),
            credentials: { _ in registry.credential },
            body
        )
    }

    private static let amd64 = SampleImage()
    private static let arm64 = SampleImage(architecture: "arm64", created: "2026-11-21T10:00:00Z")
    private static let docker = SampleImage(created: "2026-11-22T10:00:00Z", type: .dockerManifest)

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func anImageIsDescribedAsItWasPushed(registry: RealRegistry) async throws {
        try await Uploader.withUploader(to: registry) { uploader in
            try await uploader.put(Self.docker, tag: "v1")
            try await Self.with(registry) { client in
                let reference = try uploader.reference("v1")
                let descriptor = try await client.descriptor(of: reference)
                #expect(descriptor == Self.docker.fetched.descriptor)
                let manifest = try await client.manifest(of: reference)
                // No conversion to an older schema: the bytes, and therefore the digest, are the pushed ones.
                #expect(manifest == Self.docker.fetched)
                let image = try await client.image(reference, platform: .thisMachine)
                #expect(image?.identifier == Self.docker.identifier)
                #expect(image?.configuration.created == "2026-11-22T10:00:00Z")
                #expect(image?.configuration.labels == ["io.docker-cache.key": "k"])
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func anImageOfSeveralPlatformsIsDescribedForEach(registry: RealRegistry) async throws {
        let index = SampleImage.index([("amd64", Self.amd64), ("arm64", Self.arm64)])
        try await Uploader.withUploader(to: registry) { uploader in
            for image in [Self.amd64, Self.arm64] { try await uploader.put(image) }
            try await uploader.putManifest(index, type: .imageIndex, name: "multi")
            try await Self.with(registry) { client in
                for (name, expected) in [("linux/amd64", Self.amd64), ("linux/arm64", Self.arm64)] {
                    let platform = try #require(Platform(name))
                    let image = try await client.image(uploader.reference("multi"), platform: platform)
                    #expect(image?.named.digest == Digest(of: index.utf8))
                    #expect(image?.manifestDigest == expected.digest)
                    #expect(image?.identifier == expected.identifier)
                }
                let other = try await client.image(
                    uploader.reference("multi"),
                    platform: #require(Platform("linux/s390x"))
                )
                #expect(other == nil)
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func whatIsNotThereIsAnAnswer(registry: RealRegistry) async throws {
        try await Uploader.withUploader(to: registry) { uploader in
            try await uploader.put(Self.amd64, tag: "v1")
            let nowhere = try RepositoryName(host: registry.address, path: "test/nowhere")
            try await Self.with(registry) { client in
                let missing = try uploader.reference("v2")
                #expect(try await client.descriptor(of: missing) == nil)
                #expect(try await client.manifest(of: missing) == nil)
                #expect(try await client.image(missing, platform: .thisMachine) == nil)
                let elsewhere = try await client.manifest(of: RegistryReference(repository: nowhere))
                #expect(elsewhere == nil)
                let tags = try await client.tags(of: nowhere)
                #expect(tags == nil)
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func aMovedTagHasTheSameDigest(registry: RealRegistry) async throws {
        let index = SampleImage.index([("amd64", Self.amd64)])
        try await Uploader.withUploader(to: registry) { uploader in
            try await uploader.put(Self.amd64, tag: "one")
            try await uploader.put(Self.docker, tag: "two")
            try await uploader.putManifest(index, type: .imageIndex, name: "three")
            try await Self.with(registry) { client in
                for tag in ["one", "two", "three"] {
                    let manifest = try #require(try await client.manifest(of: uploader.reference(tag)))
                    let latest = try ImageReference(repository: uploader.repository, tag: "latest")
                    try await client.putTag(manifest, as: latest)
                    let moved = try await client.manifest(of: uploader.reference("latest"))
                    #expect(moved == manifest)
                }
                let tags = try await client.tags(of: uploader.repository)
                #expect(tags == ["latest", "one", "three", "two"])
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func tagsAreDeletedInGroupsOfOneDigest(registry: RealRegistry) async throws {
        try await Uploader.withUploader(to: registry) { uploader in
            for tag in ["a", "b"] { try await uploader.put(Self.amd64, tag: tag) }
            try await uploader.put(Self.docker, tag: "c")
            try await Self.with(registry) { client in
                let kept = try await client.delete(tags: ["a", "none"], from: uploader.repository)
                #expect(kept.groups.map(\.outcome) == [.shared(with: ["b"])])
                #expect(kept.absent == ["none"])
                let gone = try await client.delete(tags: ["a", "b"], from: uploader.repository)
                #expect(gone.groups.map(\.outcome) == [.deleted])
                for tag in ["a", "b"] {
                    let descriptor = try await client.descriptor(of: uploader.reference(tag))
                    #expect(descriptor == nil)
                }
                let other = try await client.descriptor(of: uploader.reference("c"))
                #expect(other?.digest == Self.docker.digest)
                let first = try await client.delete(Self.docker.digest, from: uploader.repository)
                let second = try await client.delete(Self.docker.digest, from: uploader.repository)
                #expect(first && !second)
            }
        }
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func aRegistryIsKnownForOne(registry: RealRegistry) async throws {
        let presence = try await Self.with(registry) { try await $0.ping() }
        #expect(presence.wantsCredentials == (registry.credential != nil))
        #expect((presence.serverTime ?? 0) > 1_700_000_000_000)
    }

    @Test(
        .enabled(if: !RealRegistry.password.isEmpty, RealRegistry.passwordIsMissing),
        arguments: RealRegistry.password,
        [nil, RegistryCredential.password(username: "me", password: "wrong")]
    )
    func withoutTheRightPasswordNothingIsSaidToBeMissing(
        registry: RealRegistry,
        credential: RegistryCredential?
    ) async throws {
        let reference = try RegistryReference(repository: RepositoryName(host: registry.address, path: "test/nowhere"))
        let error = try await withClient(registry.address, credentials: { _ in credential }) { client in
            await registryError { _ = try await client.descriptor(of: reference) }
        }
        #expect(error?.reason == .unauthorised)
        #expect(error?.words.contains("wrong") == false)
    }

    @Test(
        .enabled(if: !RealRegistry.token.isEmpty, RealRegistry.tokenIsMissing),
        arguments: RealRegistry.token
    )
    func anAnonymousTokenIsForReadingOnly(registry: RealRegistry) async throws {
        try await Uploader.withUploader(to: registry) { uploader in
            try await uploader.put(Self.amd64, tag: "v1")
            try await withClient(registry.address, time: .ofThisMachine()) { client in
                let manifest = try #require(try await client.manifest(of: uploader.reference("v1")))
                let error = await registryError {
                    let latest = try ImageReference(repository: uploader.repository, tag: "latest")
                    try await client.putTag(manifest, as: latest)
                }
                #expect(error?.reason == .unauthorised)
            }
        }
    }

    @Test(
        .enabled(if: !RealRegistry.token.isEmpty, RealRegistry.tokenIsMissing),
        arguments: RealRegistry.token
    )
    func aTokenServerThatRefusesThePasswordIsAnError(registry: RealRegistry) async throws {
        let wrong = RegistryCredential.password(username: "me", password: "hunter2")
        let repository = try RepositoryName(host: registry.address, path: "test/nowhere")
        let error = try await withClient(registry.address, credentials: { _ in wrong }) { client in
            await registryError { _ = try await client.tags(of: repository) }
        }
        #expect(error?.reason == .unauthorised)
    }

    @Test(
        .enabled(if: !RealRegistry.certificate.isEmpty, RealRegistry.certificateIsMissing),
        arguments: RealRegistry.certificate
    )
    func aCertificateOfAnUnknownAuthorityIsRefused(registry: RealRegistry) async throws {
        let error = try await Self.with(registry, settings: { $0.rootCertificates = nil }) { client in
            await registryError { _ = try await client.ping() }
        }
        #expect(error?.reason == .unreachable)
        let reason = "it is not signed by an authority that this machine trusts"
        #expect(error?.words == "its certificate is not trusted: \(reason)")
    }

    @Test(
        .enabled(if: !RealRegistry.certificate.isEmpty, RealRegistry.certificateIsMissing),
        arguments: RealRegistry.certificate
    )
    func theCertificatesOfDockersDirectoryAreTrusted(registry: RealRegistry) async throws {
        let authority = try #require(RealRegistry.authority)
        try await withTemporaryDirectory { directory in
            let own = directory.appending(registry.address)
            try FileManager.default.createDirectory(atPath: own.string, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: authority, toPath: own.appending("ca.crt").string)
            let presence = try await Self.with(
                registry,
                settings: { settings in
                    settings.rootCertificates = nil
                    settings.certificateDirectory = directory
                },
                { try await $0.ping() }
            )
            #expect(!presence.wantsCredentials)
        }
    }

    @Test(
        .enabled(if: !RealRegistry.certificate.isEmpty, RealRegistry.certificateIsMissing),
        arguments: RealRegistry.certificate
    )
    func theCertificateOfAnInsecureRegistryIsNotLookedAt(registry: RealRegistry) async throws {
        let presence = try await Self.with(
            registry,
            settings: { settings in
                settings.rootCertificates = nil
                settings.insecureRegistries = [registry.address]
            },
            { try await $0.ping() }
        )
        #expect(!presence.wantsCredentials)
    }

    @Test(.enabled(if: !RealRegistry.all.isEmpty, RealRegistry.isMissing), arguments: RealRegistry.all)
    func anArtifactIsKeptBesideImages(registry: RealRegistry) async throws {
        try await Uploader.withUploader(to: registry) { uploader in
            try await uploader.put(Self.amd64, tag: "v1")
            let type = MediaType("application/vnd.example.note.v1+json")
            try await Self.with(registry) { client in
                for (text, hasConfiguration) in [("one", true), ("two", false), ("three", true)] {
                    let artifact = Artifact(type: type, content: Array(text.utf8))
                    let tag = try ImageReference(repository: uploader.repository, tag: "note-\(text)")
                    try await client.put(artifact, as: tag, hasConfiguration: hasConfiguration)
                    #expect(try await client.artifact(tag, type: type, limit: 10) == artifact.content)
                }
                let image = try ImageReference(repository: uploader.repository, tag: "v1")
                #expect(try await client.artifact(image, type: type, limit: 10) == nil)
            }
        }
    }
}
