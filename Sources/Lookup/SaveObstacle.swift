package import Docker
import Fingerprint
package import Inputs

/// The reason why a built image is used for its step but not saved: it may not match its key.
package enum SaveObstacle: Equatable, CustomStringConvertible {
    /// - Parameter plugin: the broken buildx plugin, if that is the cause
    case unexpectedBuilder(BrokenBuildx?)
    case unknownBaseImages([String])
    /// A base image is only in the daemon, and the builder may not see the daemon's images.
    case baseImagesOutOfReach
    case baseImagesMoved([String])
    /// Remote sources of the Dockerfile are part of the key, but could not be queried.
    case unknownRemoteSources([RemotePin])
    case remoteSourcesMoved([RemotePin])
    /// BuildKit may have put an old file into the image.
    ///
    /// - Parameter lines: line numbers in the Dockerfile
    case staleLayers(lines: [Int])
    case inputsChanged
    /// - Parameter reason: a sentence
    case inputsUnreadable(reason: String)

    /// The first obstacle that is known before anything is queried or read again; nil if there is none.
    package static func first(_ computed: ComputedKey, builtWith builder: UsedBuilder) -> SaveObstacle? {
        if isUnexpected(builder.capabilities, computed) {
            return .unexpectedBuilder(builder.capabilities.brokenBuildx)
        }
        let lines = ExcludingWildcard.lines(in: computed.dockerfile)
        if !lines.isEmpty { return .staleLayers(lines: lines) }
        if !computed.unknownBaseImages.isEmpty { return .unknownBaseImages(computed.unknownBaseImages) }
        if !computed.unknownRemoteSources.isEmpty { return .unknownRemoteSources(computed.unknownRemoteSources) }
        if computed.hasOwnBaseImages, builder.mayBeElsewhere { return .baseImagesOutOfReach }
        return nil
    }

    private static func isUnexpected(_ capabilities: BuilderCapabilities, _ computed: ComputedKey) -> Bool {
        // With a user-defined `cache-key`, no particular builder was expected.
        guard computed.context != nil else { return false }
        // Without an expected builder, the key is for BuildKit.
        guard let expected = computed.circumstances.builder else { return !capabilities.builder.isBuildKit }
        let actual = ExpectedBuilder(clientMajor: capabilities.clientMajor, builder: capabilities.builder)
        return expected.builder.isBuildKit != capabilities.builder.isBuildKit
            || computed.circumstances.dialect != nil && expected.dialect != actual.dialect
    }

    private static func names(_ pins: [RemotePin]) -> String {
        pins.map { "Line \($0.line) adds \($0.written)" }.joined(separator: ", ")
    }

    package var description: String {
        switch self {
        case .unexpectedBuilder(let plugin?):
            "The buildx plugin does not work, so the legacy builder built the image, which may differ from what "
                + "the key names: \(plugin). The image is used for this step and not saved, and so it will be in "
                + "every lookup. \(BrokenBuildx.advice)"
        case .unexpectedBuilder(nil):
            "The builder is not the expected one, and may make an image that differs from what the key names. The "
                + "image is used for this step and not saved. See that `docker buildx version` works, or remove "
                + "the plugin."
        case .unknownBaseImages(let names):
            "Could not determine which digest the base image \(names.joined(separator: ", ")) had in this build. It "
                + "can add inputs to the image. The image is used for this step and not saved. Let this agent reach "
                + "the registry of the base image, or pull the base image before the step; or set key-inputs: context."
        case .baseImagesOutOfReach:
            "A base image is only in this agent's daemon, and the builder that BUILDX_BUILDER or --builder names may "
                + "not see it there. The image is used for this step and not saved."
        case .baseImagesMoved(let names):
            "The base image \(names.joined(separator: ", ")) changed while the image was being built, so it may "
                + "contain either version. It is used for this step and not saved."
        case .unknownRemoteSources(let pins):
            "\(Self.names(pins)): its content could not be determined, and base-images is pin. The image is used "
                + "for this step and not saved. Let this agent reach it, or fix it with --checksum or a commit."
        case .remoteSourcesMoved(let pins):
            "\(Self.names(pins)): it changed while the image was being built, so the image may contain either. "
                + "It is used for this step and not saved."
        case .staleLayers(let lines):
            "\(lines.map { "Line \($0)" }.joined(separator: ", ")) of the Dockerfile copies by a wildcard and has "
                + "--exclude. BuildKit can put an old file into such an image when a file changes. The image is used "
                + "for this step and not saved. Name the directory without a wildcard, or exclude in .dockerignore."
        case .inputsChanged:
            "Files that the key is made of changed while the image was being built, so it may hold either state. It "
                + "is used for this step and not saved."
        case .inputsUnreadable(let reason):
            "What the key is made of could not be read again after the build: \(reason) The image is not saved."
        }
    }
}
