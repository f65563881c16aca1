/// What a stage is after some of its instructions: what its files are made of, and the configuration of its image.
///
/// Where an instruction only sets something, such as `ENV` or `USER`, it counts where that is used: by a later `RUN`,
/// or by the image if the stage is the target. So an image has one key, however its Dockerfile is written.
struct StageState {
    var variables: StageVariables
    /// What the stage starts from, and every instruction that changed files, with all that it depended on.
    private(set) var files: Meaning
    /// The platform of a stage that starts from nothing: its files do not depend on it, but what runs does.
    private let platform: Meaning?
    /// What is set by everything but `ENV`, by keyword: all the instructions that count, in their order.
    private var settings: [DockerfileKeyword: [Meaning]] = [:]

    /// - Parameters:
    ///   - origin: what it starts from
    ///   - isOnImage: whether that is an image, which may set variables
    ///   - platform: where that is no image, what decides the platform
    init(on origin: Meaning, isOnImage: Bool, platform: Meaning? = nil) {
        files = origin
        self.platform = platform
        variables = StageVariables(isOnImage: isOnImage)
    }

    /// The state in which a stage begins that starts from this one.
    var handedOn: StageState {
        var state = self
        state.variables = variables.handedOn
        // They run where another stage starts from this one, and are not handed on any further.
        state.settings[.onbuild] = nil
        // An ENTRYPOINT takes away the CMD of the stage before, but not that of its own.
        state.settings[.cmd]?.append(Meaning("stage"))
        return state
    }

    /// The configuration of the image.
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

    /// Takes in an instruction that sets something in the image's configuration.
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
            // The order of the two counts.
            meaning.append(instruction.text)
            meaning.append(setting(.shell))
            settings[.cmd, default: []].append(meaning)
        case .workdir:
            meaning.append(variables.meaning(of: instruction.text))
            settings[.workdir, default: []].append(meaning)
            // The directory is made.
            files.append(setting(.workdir))
            files.append(setting(.user))
        default:
            meaning.append(variables.meaning(of: instruction.text))
            append(heredocsOf: instruction, to: &meaning)
            settings[keyword, default: []].append(meaning)
        }
    }

    /// Takes in an instruction that changes files: `RUN`, `COPY` or `ADD`.
    ///
    /// - Parameters:
    ///   - references: the stages and images that it copies or mounts from
    ///   - sources: the numbers of what it takes from the context, among all such sources
    ///   - fetches: whether it also takes something from elsewhere
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

    /// - Parameter sources: how many are in the context; nil if some are elsewhere
    private func append(copyOf instruction: DockerfileInstruction, sources: Int?, to meaning: inout Meaning) {
        var words = instruction.list
        let destination = words.popLast() ?? []
        let written = words.filter { DockerfileHeredoc(word: $0) == nil }
        // What flags and words say of sources in the context is in what was found to be copied.
        let isSelected = sources == written.count
        let excludes = instruction.values(ofFlag: "exclude")
        let areExcludesApplied = isSelected && !excludes.contains { $0.contains(DockerfileText.dollar) }
        // Of several patterns the last that matches counts, so they keep their order.
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

    /// Takes in an argument that tells the builder what to do with the stage.
    mutating func declareForBuilder(_ instruction: DockerfileInstruction) {
        var meaning = Meaning("arg")
        meaning.append(variables.meaning(of: instruction.text))
        files.append(meaning)
    }
}
