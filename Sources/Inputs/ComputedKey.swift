import Docker
import Formatting
package import Fingerprint
import Images
import Store
package import SystemPackage

/// The key of a lookup, and what it was made of.
package struct ComputedKey {
    package let inputs: KeyInputs
    package let key: Key
    /// The bytes of the Dockerfile; empty where a `cache-key` of the user's own stands in for it.
    package let dockerfile: [UInt8]
    /// Where it lies; nil if it was given inline.
    package let dockerfilePath: FilePath?
    /// What was looked at of the context: all of it, or what counts. Nil where a `cache-key` of the user's own
    /// stands in for it.
    package let context: ScannedContext?
    /// How much of the two counts; nil where neither does.
    package let coverage: InputCoverage?
    /// The file whose patterns left things out of the context.
    package let ignoreFile: BuildContext.IgnoreFile?
    /// What was found out before the files were read.
    package let circumstances: Circumstances
    /// What reads the Dockerfile. One that is not Docker's own may read what the ignore file leaves out.
    package let frontEnd: FrontEnd
    /// What `ADD` fetches while the image is built; empty where a `cache-key` of the user's own stands in for it.
    package let remoteSources: [RemoteSource]
    /// The names of build arguments that change nothing, because no needed stage declares them.
    let unusedArguments: [String]

    /// Why the inputs could not be read. Then the key is one that nothing else has, and stands for nothing.
    package var obstacle: InputError?

    /// What decides how the inputs are read, and is not among them.
    package struct Circumstances: Equatable {
        package let platforms: BuildPlatforms
        /// Nil where there is no docker.
        package let builder: ExpectedBuilder?
        /// How the ignore file is read; nil where every builder reads it alike.
        package let dialect: IgnoreDialect?
        /// What is known of base images. One that is not known counts as one that adds nothing: a key does not depend
        /// on what an agent happens to know, and what a build used is found out after it.
        package var baseImages: [BaseImage: BaseImageFacts]
        /// What the base images' names stand for; nil where their names alone count.
        package var pins: [BaseImagePin]?
        /// What lies at the addresses that the Dockerfile adds; nil where the addresses alone count.
        package var remotePins: [RemotePin]?
    }

    /// Base images of which it is not certain what they are now, although that counts.
    package var unknownBaseImages: [String] {
        (circumstances.pins ?? []).filter { !$0.meaning.isCertain }.map(\.reference)
    }

    /// What the Dockerfile adds from elsewhere and no one knows what it is now, although that counts.
    package var unknownRemoteSources: [RemotePin] {
        (circumstances.remotePins ?? []).filter { $0.meaning == .unknown }
    }

    /// Whether a pinned base image is in no registry, but in the daemon alone.
    package var hasOwnBaseImages: Bool {
        (circumstances.pins ?? []).contains { if case .inDaemon = $0.meaning { true } else { false } }
    }

    /// What the key was made of, for the index.
    package var record: KeyRecord {
        KeyRecord(
            inputs,
            dockerfile: dockerfile,
            dockerfilePath: dockerfilePath?.pathBytes ?? [],
            coverage: coverage,
            context: context
        )
    }

    /// The images that must add nothing, or the key would be another; none where everything counts anyway.
    package var baseImages: [BaseImage] {
        guard case .copied(let inputs, _) = coverage else { return [] }
        return inputs.startingImages
    }

    /// Those, and where everything counts because of what the index remembers of base images, these.
    var decidingBaseImages: [BaseImage] {
        guard case .whole = coverage, case .precise(let inputs) = precise else { return baseImages }
        return inputs.doubts { circumstances.baseImages[$0] }.isEmpty ? [] : inputs.startingImages
    }

    /// What the Dockerfile says of its inputs, before anybody was asked about its base images; nil where that does not
    /// matter.
    package let precise: PreciseInputs?

    /// One line for the log.
    package var summary: String {
        guard let context else { return "Key \(key), from the option cache-key." }
        let statistics = context.statistics
        let files = Quantity.count(statistics.files, "file")
        return "Key \(key), from \(files) (\(statistics.hashed) read, \(statistics.reused) known)."
    }

    /// What the user should know of the inputs; a line each.
    package var notices: [String] {
        var notices: [String] = []
        switch coverage {
        case .whole(let reasons) where !reasons.isEmpty:
            notices.append(
                "The whole context counts. The reason: \(reasons[0])"
                    + (reasons.count > 1 ? " (and \(reasons.count - 1) more)." : ".")
            )
        default: break
        }
        if !unusedArguments.isEmpty {
            notices.append(
                "Nothing in the image depends on \(unusedArguments.joined(separator: ", ")): "
                    + "such build arguments do not count."
            )
        }
        notices += remoteNotices
        if case .other(let name) = frontEnd {
            notices.append(
                "The front end \(name) may read what .dockerignore leaves out and what lies beside the Dockerfile: "
                    + "all of it counts, .git too."
            )
        } else if holdsRepository {
            notices.append(
                """
                The context has .git in it, which changes with every commit and differs from clone to clone, and so \
                does the key. Add .git to \(ignoreFile?.path.string ?? ".dockerignore").
                """
            )
        }
        return notices
    }

    /// A line for each remote source whose content is not fixed: what of it counts.
    package var remoteNotices: [String] {
        if let pins = circumstances.remotePins {
            return pins.map { "Line \($0.line) adds \($0.written), which is \($0.meaning.text) and counts." }
        }
        return remoteSources.filter { !$0.isFixed }.map { source in
            let content = source.kind == .git ? "The commit it names then" : "The content it has then"
            return "Line \(source.line) adds \(source.written) while the image is built. \(content) is not in the key: "
                + "only max-age-days renews it. A fixed --checksum or commit makes it certain."
        }
    }

    /// Whether `.git` counts.
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
    /// A key that is made of no context: of a `cache-key` of the user's own, or of nothing that could be read.
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
