import Docker
import Formatting
package import Fingerprint
import Images
import Store
package import SystemPackage

/// The key of a lookup, and the inputs it was computed from.
package struct ComputedKey {
    package let inputs: KeyInputs
    package let key: Key
    /// The bytes of the Dockerfile; empty if the user's `cache-key` replaces it.
    package let dockerfile: [UInt8]
    /// The path of the Dockerfile; nil if it was given inline.
    package let dockerfilePath: FilePath?
    /// What was scanned of the context: all of it, or the part in the key. Nil if the user's `cache-key` replaces it.
    package let context: ScannedContext?
    /// How much of the Dockerfile and the context is in the key; nil if neither is.
    package let coverage: InputCoverage?
    /// The file with the patterns that exclude files from the context.
    package let ignoreFile: BuildContext.IgnoreFile?
    /// What was determined before the files were read.
    package let circumstances: Circumstances
    /// What reads the Dockerfile. A frontend that is not Docker's own may read what the ignore file excludes.
    package let frontEnd: FrontEnd
    /// What `ADD` fetches during the build; empty if the user's `cache-key` replaces the Dockerfile.
    package let remoteSources: [RemoteSource]
    /// The names of build arguments that change nothing because no needed stage declares them.
    let unusedArguments: [String]

    /// Why the inputs could not be read. If set, the key is random and identifies nothing.
    package var obstacle: InputError?

    /// What decides how the inputs are read without being one of them.
    package struct Circumstances: Equatable {
        package let platforms: BuildPlatforms
        /// Nil if there is no docker.
        package let builder: ExpectedBuilder?
        /// How the ignore file is read; nil if every builder reads it alike.
        package let dialect: IgnoreDialect?
        /// What is known about base images. An unknown one is assumed to add nothing: a key does not depend on what an
        /// agent happens to know. What a build used is determined after it.
        package var baseImages: [BaseImage: BaseImageFacts]
        /// What the base images' names resolve to; nil if only their names are in the key.
        package var pins: [BaseImagePin]?
        /// The contents at the addresses that the Dockerfile adds; nil if only the addresses are in the key.
        package var remotePins: [RemotePin]?
    }

    /// Pinned base images that could not be resolved with certainty.
    package var unknownBaseImages: [String] {
        (circumstances.pins ?? []).filter { !$0.meaning.isCertain }.map(\.reference)
    }

    /// Pinned remote sources of the Dockerfile that could not be resolved.
    package var unknownRemoteSources: [RemotePin] {
        (circumstances.remotePins ?? []).filter { $0.meaning == .unknown }
    }

    /// Whether a pinned base image is only in the daemon and in no registry.
    package var hasOwnBaseImages: Bool {
        (circumstances.pins ?? []).contains { if case .inDaemon = $0.meaning { true } else { false } }
    }

    /// The parts of the key, for the index.
    package var record: KeyRecord {
        KeyRecord(
            inputs,
            dockerfile: dockerfile,
            dockerfilePath: dockerfilePath?.pathBytes ?? [],
            coverage: coverage,
            context: context
        )
    }

    /// The images that must add nothing for the key to be correct; none if the whole context is in the key anyway.
    package var baseImages: [BaseImage] {
        guard case .copied(let inputs, _) = coverage else { return [] }
        return inputs.startingImages
    }

    /// The same images, also if the whole context is in the key because of what the index remembers of them.
    var decidingBaseImages: [BaseImage] {
        guard case .whole = coverage, case .precise(let inputs) = precise else { return baseImages }
        return inputs.doubts { circumstances.baseImages[$0] }.isEmpty ? [] : inputs.startingImages
    }

    /// What the Dockerfile alone tells about its inputs, before its base images are known; nil if that does not matter.
    package let precise: PreciseInputs?

    /// One line for the log.
    package var summary: String {
        guard let context else { return "Key \(key), from the option cache-key." }
        let statistics = context.statistics
        let files = Quantity.count(statistics.files, "file")
        return "Key \(key), from \(files) (\(statistics.hashed) read, \(statistics.reused) known)."
    }

    /// Notices for the user about the inputs, one line each.
    package var notices: [String] {
        var notices: [String] = []
        switch coverage {
        case .whole(let reasons) where !reasons.isEmpty:
            notices.append(
                "The whole context is in the key: \(reasons[0])"
                    + (reasons.count > 1 ? " (and \(reasons.count - 1) more)." : ".")
            )
        default: break
        }
        if !unusedArguments.isEmpty {
            notices.append(
                "Nothing in the image depends on \(unusedArguments.joined(separator: ", ")). "
                    + "Such build arguments are not in the key."
            )
        }
        notices += remoteNotices
        if case .other(let name) = frontEnd {
            notices.append(
                "The frontend \(name) may read ignored files and files next to the Dockerfile. "
                    + "All of them are in the key, including .git."
            )
        } else if holdsRepository {
            notices.append(
                """
                The context contains .git, which changes with every commit and differs between clones. So does the \
                key. Add .git to \(ignoreFile?.path.string ?? ".dockerignore").
                """
            )
        }
        return notices
    }

    /// A line for each remote source without fixed content: what part of it is in the key.
    package var remoteNotices: [String] {
        if let pins = circumstances.remotePins {
            return pins.map { "Line \($0.line) adds \($0.written), which is \($0.meaning.text) and in the key." }
        }
        return remoteSources.filter { !$0.isFixed }.map { source in
            let content = source.kind == .git ? "Its commit" : "Its content"
            return "Line \(source.line) adds \(source.written) while the image is built. \(content) is not in the key, "
                + "so only max-age-days limits its age. Use --checksum or a full commit hash to fix it."
        }
    }

    /// Whether `.git` is in the key.
    private var holdsRepository: Bool {
        let path = Array(".git".utf8)
        guard let context, context.entry(at: path) != nil else { return false }
        switch coverage {
        case .copied(_, let selected):
            return selected.contains { $0.entries.contains { [[], path].contains($0.path) } }
        case .whole, nil:
            return true
        }
    }
}

extension ComputedKey {
    /// A key without a context: from the user's `cache-key`, or if nothing could be read.
    init(
        _ inputs: KeyInputs,
        key: Key,
        dockerfile: [UInt8],
        _ circumstances: Circumstances,
        obstacle: InputError? = nil
    ) {
        self.init(
            inputs: inputs,
            key: key,
            dockerfile: dockerfile,
            dockerfilePath: nil,
            context: nil,
            coverage: nil,
            ignoreFile: nil,
            circumstances: circumstances,
            frontEnd: .docker,
            remoteSources: [],
            unusedArguments: [],
            obstacle: obstacle,
            precise: nil
        )
    }

    /// A key of random digits, for inputs that could not be read.
    init(standingInFor obstacle: InputError, _ circumstances: Circumstances) {
        var random = SystemRandomNumberGenerator()
        let inputs = KeyInputs(platform: circumstances.platforms.target.description)
        self.init(inputs, key: Key(using: &random), dockerfile: [], circumstances, obstacle: obstacle)
    }
}
