/// The state of a stage after some of its instructions: the origin of its files, and the configuration of its image.
///
/// An instruction that only sets something, such as `ENV` or `USER`, affects the key where the setting is used: by a
/// later `RUN`, or by the image if the stage is the target. So an image has one key, however its Dockerfile is written.
struct StageState {
    var variables: StageVariables
    /// The base of the stage, and every instruction that changed files, with everything that it depended on.
    private(set) var files: Meaning
    /// The platform of a stage that starts from `scratch`: its files do not depend on it, but its processes do.
    private let platform: Meaning?
    /// The settings other than `ENV`, by keyword: all instructions that have an effect, in their order.
    private var settings: [DockerfileKeyword: [Meaning]] = [:]

    /// - Parameters:
    ///   - origin: the base of the stage
    ///   - isOnImage: whether the base is an image, which may set variables
    ///   - platform: the meaning of the platform, if the base is not an image
    init(on origin: Meaning, isOnImage: Bool, platform: Meaning? = nil) {
        files = origin
        self.platform = platform
        variables = StageVariables(isOnImage: isOnImage)
    }

    /// The initial state of a stage that starts from this one.
    var handedOn: StageState {
        var state = self
        state.variables = variables.handedOn
        // Triggers run in a stage that starts from this one, and are not inherited any further.
        state.settings[.onbuild] = nil
        // An `ENTRYPOINT` removes the `CMD` of the stage before, but not one of its own stage.
        state.settings[.cmd]?.append(Meaning("stage"))
        return state
    }

    /// The meaning of the image's configuration.
    var configuration: Meaning {
        var configuration = Meaning("configuration")
        configuration.append(variables.environmentOfImage)
        if let platform { configuration.append(platform) }
        for (keyword, meanings) in settings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            configuration.append(keyword.rawValue)
            for meaning in meanings { configuration.append(meaning) }
        }
        return configuration
    }

    private func setting(_ keyword: DockerfileKeyword) -> Meaning {
        var meaning = Meaning(keyword.rawValue)
        for setting in settings[keyword] ?? [] { meaning.append(setting) }
        return meaning
    }

    private func append(heredocsOf instruction: DockerfileInstruction, to meaning: inout Meaning) {
        for heredoc in instruction.heredocs {
            meaning.append(heredoc.dropsTabs ? "here-document without tabs" : "here-document")
            meaning.append(heredoc.name)
            meaning.append(heredoc.isExpanded ? variables.meaning(of: heredoc.content) : .value(heredoc.content))
        }
    }

    /// Applies an instruction that sets something in the image's configuration.
    mutating func configure(_ instruction: DockerfileInstruction) {
        guard let keyword = instruction.keyword else {
            return
        }
        var meaning = Meaning(keyword.rawValue)
        switch keyword {
        case .user, .stopsignal, .maintainer:
            meaning.append(variables.meaning(of: instruction.text))
            settings[keyword] = [meaning]
        case .healthcheck, .shell:
            meaning.append(instruction.text)
            settings[keyword] = [meaning]
        case .cmd, .entrypoint:
            // The order of the two matters.
            meaning.append(instruction.text)
            meaning.append(setting(.shell))
            settings[.cmd, default: []].append(meaning)
        case .workdir:
            meaning.append(variables.meaning(of: instruction.text))
            settings[.workdir, default: []].append(meaning)
            // The directory is created.
            files.append(setting(.workdir))
            files.append(setting(.user))
        default:
            meaning.append(variables.meaning(of: instruction.text))
            append(heredocsOf: instruction, to: &meaning)
            settings[keyword, default: []].append(meaning)
        }
    }

    /// Applies an instruction that changes files: `RUN`, `COPY` or `ADD`.
    ///
    /// - Parameters:
    ///   - references: the stages and images that it copies or mounts from
    ///   - sources: the indices of its sources in the context, among all such sources
    ///   - fetches: whether it also fetches something from elsewhere
    mutating func change(
        _ instruction: DockerfileInstruction,
        references: [Meaning],
        sources: [Int],
        fetches: Bool
    ) {
        var meaning = Meaning(DockerfileText.string(DockerfileText.lowercased(instruction.name)))
        for source in sources { meaning.append("source \(source)") }
        for reference in references { meaning.append(reference) }
        append(heredocsOf: instruction, to: &meaning)
        if instruction.keyword == .run {
            meaning.append(instruction.text)
            for keyword in [DockerfileKeyword.user, .workdir, .shell] { meaning.append(setting(keyword)) }
            meaning.append(variables.environmentOfProcesses)
            if let platform { meaning.append(platform) }
        } else {
            append(copyOf: instruction, sources: fetches ? nil : sources.count, to: &meaning)
        }
        files.append(meaning)
    }

    /// - Parameter sources: the number of sources in the context; nil if some are elsewhere
    private func append(copyOf instruction: DockerfileInstruction, sources: Int?, to meaning: inout Meaning) {
        var words = instruction.list
        let destination = words.popLast() ?? []
        let written = words.filter { DockerfileHeredoc(word: $0) == nil }
        // For sources in the context, the effects of flags and words are included in the selected entries.
        let isSelected = sources == written.count
        let excludes = instruction.values(ofFlag: "exclude")
        let areExcludesApplied = isSelected && !excludes.contains { $0.contains(DockerfileText.dollar) }
        // The last matching pattern decides, so the patterns keep their order.
        for exclude in areExcludesApplied ? [] : excludes {
            meaning.append("exclude")
            meaning.append(variables.meaning(of: exclude))
        }
        for flag in instruction.flags.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let name = DockerfileText.string(flag.dropFirst(2).prefix { $0 != DockerfileText.equals })
            if name != "from", name != "exclude" { meaning.append(variables.meaning(of: flag)) }
        }
        meaning.append("\(words.count)")
        if !isSelected {
            for word in written { meaning.append(variables.meaning(of: word)) }
        }
        meaning.append(variables.meaning(of: destination))
        if destination.first != DockerfileText.slash { meaning.append(setting(.workdir)) }
    }

    /// Applies an argument that tells the builder how to treat the stage.
    mutating func declareForBuilder(_ instruction: DockerfileInstruction) {
        var meaning = Meaning("arg")
        meaning.append(variables.meaning(of: instruction.text))
        files.append(meaning)
    }
}
