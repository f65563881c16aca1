import Buildkite
import Docker
import Fingerprint
import Host
import PluginConfiguration

/// What base images bring along, and what their names stand for.
extension KeyComputation {
    /// Asks once more what the base images bring along, whatever the index remembers: before a build, which takes the
    /// images that are there now.
    ///
    /// Pinned base images are pulled where the daemon does not have what their names stand for.
    ///
    /// Returns the key that is right then; nil if it is the same.
    ///
    /// - Parameter pulls: whether the build fetches base images anew, also where the daemon has them
    package func confirming(_ key: ComputedKey, pulls: Bool) async throws -> ComputedKey? {
        let images = key.baseImages
        var circumstances = key.circumstances
        if let pins = circumstances.pins {
            try await pinning.bring(
                pins,
                platform: configuration.platform,
                progress: surroundings.output.descriptor
            )
            circumstances.pins = try await pinning.pins(pins.map(\.reference))
        }
        guard !images.isEmpty || circumstances != key.circumstances else { return nil }
        circumstances.baseImages = await baseImages.facts(
            of: images,
            platform: circumstances.platform,
            buildPlatform: circumstances.buildPlatform,
            asking: pulls || circumstances.builder?.builder == .buildx ? .everyone : .daemonElseRegistry
        )
        guard circumstances != key.circumstances else { return nil }
        let confirmed = try compute(key.dockerfile, circumstances, key.precise)
        return confirmed.key == key.key ? nil : confirmed
    }

    /// Whether the base images' names stand for what the key has, and that is what the daemon has: asked after a build.
    package func arePinsStillTrue(_ key: ComputedKey) async throws -> Bool {
        guard let pins = key.circumstances.pins else { return true }
        for pin in pins where try await !pinning.isInDaemon(pin) { return false }
        return try await pinning.pins(pins.map(\.reference)) == pins
    }

    /// The names whose meaning counts: those in the stages that are needed, but for those that say a digest themselves.
    func pinnedReferences(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances
    ) throws(InputError) -> [String] {
        if replacesSources(circumstances.builder) { throw .cannotPin(reason: "\(Self.replacement).") }
        switch analysis(dockerfile, circumstances) {
        case .precise(let inputs):
            // A named context takes the place of the image of that name, and may be another image.
            let contexts = configuration.additionalArguments?.namedContexts ?? []
            let prefix = "docker-image://"
            let named = contexts.filter { $0.value.hasPrefix(prefix) }.map { String($0.value.dropFirst(prefix.count)) }
            let names = Set(inputs.baseImages.map(\.reference)).subtracting(contexts.map(\.name)).union(named)
                .filter { !$0.contains("@") }
            return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        case .whole(let reasons):
            throw .cannotPin(reason: reasons.first?.description ?? "it says nothing of them.")
        }
    }
}
