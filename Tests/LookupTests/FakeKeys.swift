import Fingerprint
import Images
import Testing

@testable import Inputs
@testable import Lookup

/// Keys with fixed values.
final class FakeKeys: LookupKeys {
    var computed: ComputedKey
    /// The key after the check of base images before a build.
    var confirmed: ComputedKey?
    /// The verdicts on the base images that builds used, in order; as expected for any further build.
    var verdicts: [BaseImageVerdict] = []
    var evidence: [BuildEvidence] = []
    var movedSources: [RemotePin] = []
    var isTrue = true
    var unreadable: (any Error)?
    var unreadableAfterwards: (any Error)?
    /// Called while the key is computed.
    var onCompute: (@Sendable () async throws -> Void)?

    init(_ computed: ComputedKey) {
        self.computed = computed
    }

    func compute() async throws -> ComputedKey {
        if let unreadable { throw unreadable }
        try await onCompute?()
        return computed
    }

    func standIn(for obstacle: InputError) async throws -> ComputedKey {
        ComputedKey(standingInFor: obstacle, computed.circumstances)
    }

    func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ConfirmedKey {
        ConfirmedKey(other: confirmed, sightings: [:])
    }

    func baseImages(of key: ComputedKey, in build: BuildEvidence) async throws -> BaseImageVerdict {
        evidence.append(build)
        if let unreadableAfterwards { throw unreadableAfterwards }
        return verdicts.isEmpty ? .asExpected : verdicts.removeFirst()
    }

    func movedRemoteSources(_ key: ComputedKey) async throws -> [RemotePin] { movedSources }
    func isStillTrue(_ key: ComputedKey) throws -> Bool { isTrue }

    /// The key of a target. Each target has a different key.
    static func key(target: String? = nil) throws -> ComputedKey {
        let platform = try #require(Platform("linux/amd64"))
        var inputs = KeyInputs(platform: platform.description)
        inputs.target = target
        let circumstances = ComputedKey.Circumstances(
            platforms: BuildPlatforms(target: platform, builder: platform),
            builder: nil,
            dialect: nil,
            baseImages: [:]
        )
        return ComputedKey(inputs, key: inputs.key, dockerfile: [], circumstances)
    }
}
