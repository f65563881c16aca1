import Fingerprint
import Images
import Testing

@testable import Inputs
@testable import Lookup

/// Keys that are values.
final class FakeKeys: LookupKeys {
    var computed: ComputedKey
    /// What is right once everybody was asked about the base images.
    var confirmed: ComputedKey?
    var arePinsTrue = true
    var movedSources: [RemotePin] = []
    var isTrue = true
    var unreadable: (any Error)?

    init(_ computed: ComputedKey) {
        self.computed = computed
    }

    func compute() async throws -> ComputedKey {
        if let unreadable { throw unreadable }
        return computed
    }

    func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ComputedKey? { confirmed }
    func movedRemoteSources(_ key: ComputedKey) async throws -> [RemotePin] { movedSources }
    func arePinsStillTrue(_ key: ComputedKey) async throws -> Bool { arePinsTrue }
    func isStillTrue(_ key: ComputedKey) throws -> Bool { isTrue }

    /// The key of a target: another target is another key.
    static func key(target: String? = nil) throws -> ComputedKey {
        let platform = try #require(Platform("linux/amd64"))
        var inputs = KeyInputs(platform: platform.description)
        inputs.target = target
        return ComputedKey(
            inputs: inputs,
            key: inputs.key,
            dockerfile: [],
            dockerfilePath: nil,
            context: nil,
            coverage: nil,
            ignoreFile: nil,
            circumstances: ComputedKey.Circumstances(
                platform: platform,
                buildPlatform: platform,
                builder: nil,
                dialect: nil,
                baseImages: [:]
            ),
            frontEnd: .docker,
            remoteSources: [],
            unusedArguments: [],
            precise: nil
        )
    }
}
