import Buildkite
import Docker
import Fingerprint
import Host
package import Images
import Inputs
import Logging
import Options
import PluginConfiguration
import Providers
package import Registry
import Signatures
import Store

/// Signs saved images, and verifies found ones: the options `sign-key` and `verify-key`, issue 20.
///
/// A signature's statement belongs to an image digest, and is stored next to the image, like its record.
extension Lookup {
    /// A signature that was made or verified.
    struct Signed: Equatable {
        /// The envelope as stored in the registry and in the index.
        let envelope: [UInt8]
        /// The build time, in milliseconds since 1970.
        let builtAt: Int64

        var text: String { String(decoding: envelope, as: UTF8.self) }
    }

    /// The signature policy of a place; nil if no signatures are required. Untrusted builds have no key, so the images
    /// that they share with each other are not signed.
    func policy(at place: CachePlace) -> SignaturePolicy? { place.isUntrusted ? nil : keyring.policy }

    /// Whether this build's images need signatures, and it makes none. The registry's answer to a record then tells
    /// whether it accepts signatures at all.
    var needsOthersSignatures: Bool { policy(at: cache.place) != nil && keyring.signing == nil }

    // MARK: Verifying

    /// The verified signature of the image with that digest. One or two requests, before anything is pulled.
    ///
    /// Throws ``UnverifiedImage`` if there is no signature for the wanted image, and the errors of any registry query.
    func signed(
        _ digest: Digest,
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform,
        by policy: SignaturePolicy
    ) async throws -> Signed {
        let wanted = wanted(digest, key.description, place, platform, builtAt: 0)
        let envelope = try await envelope(of: digest, place, registry)
        let statement = try policy.statement(in: envelope) { wanted.difference(from: $0) }
        return Signed(envelope: envelope ?? [], builtAt: statement.builtAt)
    }

    private func envelope(
        of digest: Digest,
        _ place: CachePlace,
        _ registry: any LookupRegistry
    ) async throws -> [UInt8]? {
        guard let reference = try place.artifact(.signature, of: digest) else { return nil }
        return try await registry.artifact(
            reference,
            type: MediaType(SignatureEnvelope.mediaType),
            limit: SignatureEnvelope.limit
        )
    }

    private func wanted(
        _ digest: Digest,
        _ key: String,
        _ place: CachePlace,
        _ platform: Platform,
        builtAt: Int64
    ) -> ImageStatement {
        ImageStatement(
            repository: place.repository?.description ?? "",
            digest: digest,
            image: place.image.description,
            tag: place.tag,
            key: key,
            platform: platform.description,
            builtAt: builtAt
        )
    }

    /// Whether an index entry may be used: if signatures are required, it must have one that matches the promised
    /// image.
    func isVerified(_ entry: Entry, _ computed: ComputedKey, _ place: CachePlace) -> Bool {
        guard let policy = policy(at: place) else { return true }
        do throws(UnverifiedImage) {
            try verify(entry, computed, place, by: policy)
            return true
        } catch {
            surroundings.output.line("The image that the index of this agent knows is not used: \(error).")
            return false
        }
    }

    private func verify(
        _ entry: Entry,
        _ computed: ComputedKey,
        _ place: CachePlace,
        by policy: SignaturePolicy
    ) throws(UnverifiedImage) {
        guard let digest = entry.registryDigest.flatMap(Digest.init) else { throw .noSignature }
        let platform = computed.circumstances.platforms.target
        let wanted = wanted(digest, computed.key.description, place, platform, builtAt: entry.builtAt)
        _ = try policy.statement(in: entry.signature.map { Array($0.utf8) }) { statement in
            wanted.difference(from: statement)
                ?? (statement.builtAt == wanted.builtAt ? nil : "another time of its build")
        }
    }

    /// Signs an image that was pushed again, if it was signed before. An unsigned image may come from anywhere, and
    /// stays unsigned.
    func signAgain(
        _ computed: ComputedKey,
        _ image: ImageDetails,
        _ shown: RegistryImage,
        _ registry: any LookupRegistry
    ) async throws -> Signed? {
        guard let key = keyring.signing, let policy = policy(orOf: key),
            let entry = findEntry(computed.key, cache.place), entry.localImageID == image.id
        else { return nil }
        do throws(UnverifiedImage) {
            try verify(entry, computed, cache.place, by: policy)
        } catch {
            surroundings.log.warning("The image that is pushed again is not signed: \(error).")
            return nil
        }
        return try await sign(computed, image, shown, builtAt: entry.builtAt, registry)
    }

    /// Whether layers may be taken from the image with that digest: it is signed as one of our images, for any cache
    /// key, and is not too old. Without the age limit, a tag that is moved back to an old signed image would bring back
    /// its flaws.
    func isSignedForLayers(
        _ digest: Digest,
        _ reference: ImageReference,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async throws -> Bool {
        guard let policy = policy(at: place) else { return true }
        let envelope = try await envelope(of: digest, place, registry)
        do throws(UnverifiedImage) {
            let statement = try policy.statement(in: envelope) { statement in
                wanted(digest, statement.key, place, platform, builtAt: 0).difference(from: statement)
            }
            guard
                !ImageAge.isTooOld(
                    builtAt: statement.builtAt,
                    maximum: cache.maximumAge,
                    now: surroundings.now()
                )
            else {
                surroundings.output.line("No layers are taken from \(reference): it is older than max-age-days.")
                return false
            }
            return true
        } catch {
            surroundings.log.warning("No layers are taken from \(reference): \(error).")
            return false
        }
    }

    // MARK: Signing

    /// Signs the pushed image, and stores the signature next to it. Returns nil if the image is not signed.
    ///
    /// Throws ``SignaturesRefused`` if the registry does not accept signatures although `verify-key` requires them.
    ///
    /// - Parameters:
    ///   - image: the image in the daemon
    ///   - shown: the image that the registry shows under the pushed name
    ///   - builtAt: milliseconds since 1970
    func sign(
        _ computed: ComputedKey,
        _ image: ImageDetails,
        _ shown: RegistryImage?,
        builtAt: Int64,
        _ registry: any LookupRegistry
    ) async throws -> Signed? {
        guard let key = keyring.signing else {
            if policy(at: cache.place) != nil {
                surroundings.log.warning(
                    "The image is not signed, because there is no sign-key. With verify-key, it will be built again."
                )
            }
            return nil
        }
        guard let digest = shown?.named.digest, let reference = try cache.place.artifact(.signature, of: digest) else {
            surroundings.log.warning("The image is not signed, because the registry does not show it.")
            return nil
        }
        guard try await isPushed(digest, image, registry.repository) else {
            surroundings.log.warning(
                "The image is not signed: the registry shows \(digest), and this agent has pushed something else."
            )
            return nil
        }
        let platform = computed.circumstances.platforms.target
        let statement = wanted(digest, computed.key.description, cache.place, platform, builtAt: builtAt)
        let envelope = try statement.signed(by: key).bytes
        let artifact = Artifact(type: MediaType(SignatureEnvelope.mediaType), content: envelope)
        // For records, a remembered refusal is good enough. Signatures are tried every time.
        switch try await registry.put(artifact, as: reference, remembersRefusal: false) {
        case .kept: return Signed(envelope: envelope, builtAt: builtAt)
        case .keptEarlier: return try await signedEarlier(computed, reference, digest, key, registry)
        case .refused(let error):
            if keyring.policy != nil, error.saysThatArtifactsAreNotKept {
                throw SignaturesRefused(repository: registry.repository, reason: error)
            }
            surroundings.log.warning("The image is saved, but not signed: \(error)")
            return nil
        case .refusedBefore: return nil
        }
    }

    /// The signature policy of this build's place, or if none is set, one for the build's own key.
    private func policy(orOf key: SigningKey) -> SignaturePolicy? {
        policy(at: cache.place) ?? SignaturePolicy([[key.publicKey]])
    }

    /// Whether the daemon pushed that digest. The registry's answer alone is not enough for a signature.
    private func isPushed(_ digest: Digest, _ image: ImageDetails, _ repository: RepositoryName) async throws -> Bool {
        if image.isKnown(as: digest, in: repository) { return true }
        return try await daemon.inspectImage(image.id)?.isKnown(as: digest, in: repository) ?? false
    }

    /// The existing signature in a registry that does not move tags; nil, with a warning, if it is not valid.
    private func signedEarlier(
        _ computed: ComputedKey,
        _ reference: ImageReference,
        _ digest: Digest,
        _ key: SigningKey,
        _ registry: any LookupRegistry
    ) async throws -> Signed? {
        guard let policy = policy(orOf: key) else { return nil }
        let platform = computed.circumstances.platforms.target
        do {
            return try await signed(digest, computed.key, cache.place, registry, platform, by: policy)
        } catch let error as UnverifiedImage {
            surroundings.log.warning(
                """
                The image is saved, but not signed: the registry keeps what it has as \(reference), and \(error). \
                Delete that tag.
                """
            )
            return nil
        }
    }
}

extension RegistryError {
    /// Whether the registry does not accept this kind of artifact at all, because it does not know such manifests.
    /// Errors of a login, of an upload or of the server do not mean that, nor does a quota or a missing blob.
    var saysThatArtifactsAreNotKept: Bool { reason == .unsupported && request.contains("/manifests/") }
}

/// A registry that does not accept artifacts, with `verify-key`: no image in it could ever be used.
package struct SignaturesRefused: ErrorWithExitStatus, CustomStringConvertible {
    package let repository: RepositoryName
    package let reason: RegistryError

    package var exitStatus: Int32 { ExitStatus.usage }

    package var description: String {
        "The registry of \(repository) does not accept signatures, but verify-key requires them. Use a registry that "
            + "accepts OCI artifacts, or leave out verify-key. Its answer: \(reason)"
    }
}
