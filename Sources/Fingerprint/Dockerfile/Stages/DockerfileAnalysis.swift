/// Finds the stages that a target needs, and what they take from the context.
struct DockerfileAnalysis {
    let stages: DockerfileStages
    let parameters: DockerfileParameters
    let syntax: [UInt8]
    /// Whether the frontend replaces variables by the rules implemented here.
    let isFrontEndKnown: Bool
    let given: [[UInt8]: [UInt8]]
    private(set) var globals: GlobalVariables
    let target: Int
    let namedContexts: NamedContexts

    /// The stages resolved so far, by number.
    var resolved: [Int: ResolvedStage] = [:]
    /// The state of each stage at its end.
    var states: [Int: StageState] = [:]
    var sources: [ContextSource] = []
    var remoteSources: [RemoteSource] = []
    /// Whether the needed stages are known.
    private(set) var isResolved = false
    var reasons: [DockerfileError] = []
    /// The time that files get, if `SOURCE_DATE_EPOCH` gives one.
    private(set) var epoch: [UInt8]?
    var takenAsUnset: [Int: Set<[UInt8]>] = [:]

    init(_ file: ParsedDockerfile, parameters: DockerfileParameters) throws(DockerfileError) {
        guard file.directives.usesDockerFrontend else {
            let syntax = DockerfileText.string(file.directives.syntax ?? [])
            throw DockerfileError(line: 0, problem: "the syntax directive names another frontend, \(syntax)")
        }
        given = parameters.values
        guard given[Array("BUILDKIT_SYNTAX".utf8)] == nil else {
            throw DockerfileError(line: 0, problem: "BUILDKIT_SYNTAX names another frontend")
        }
        guard parameters.platform.hasPrefix("linux/") else {
            throw DockerfileError(line: 0, problem: "paths mean something else on \(parameters.platform)")
        }
        syntax = file.directives.syntax ?? []
        isFrontEndKnown = file.directives.isFrontEndRecent
        stages = try DockerfileStages(file)
        namedContexts = try NamedContexts(parameters.namedContexts, stages: stages)
        self.parameters = parameters
        globals = GlobalVariables(stages, parameters: parameters)
        if let name = parameters.target {
            guard let number = stages.numbers[DockerfileText.lowercased(name.utf8)] else {
                throw DockerfileError(line: 0, problem: "there is no stage \(name)")
            }
            target = number
        } else {
            target = stages.stages.count - 1
        }
        try checkEpoch()
    }

    mutating func inputs() -> PreciseInputs {
        do {
            var open = [target]
            while let number = open.popLast() {
                guard resolved[number] == nil else { continue }
                let stage = try resolve(stages.stages[number])
                resolved[number] = stage
                open += stage.neededStages
            }
        } catch {
            return .whole(reasons: [error])
        }
        isResolved = true
        for number in resolved.keys.sorted() { evaluate(number) }
        guard reasons.isEmpty else {
            return .whole(reasons: reasons)
        }
        return .precise(
            DockerfileInputs(
                result: result(),
                stages: resolved.keys.sorted().compactMap { resolved[$0]?.stage.title },
                sources: sources,
                remoteSources: remoteSources,
                countedArguments: countedArguments(),
                baseImages: baseImages(),
                namedContexts: usedContexts()
            )
        )
    }

    /// Reads `SOURCE_DATE_EPOCH`, the time that files get, which affects the image without being declared. Throws if it
    /// is not a number: newer versions then look up the time elsewhere.
    private mutating func checkEpoch() throws(DockerfileError) {
        let name = Array("SOURCE_DATE_EPOCH".utf8)
        guard let value = given[name].map(GlobalVariables.Value.known) ?? globals.values[name] else {
            return
        }
        guard case .known(let time) = value, time.allSatisfy(DockerfileText.isDigit) else {
            throw DockerfileError(line: 0, problem: "SOURCE_DATE_EPOCH is not a number")
        }
        epoch = time
    }

    /// Resolves the `FROM` of a stage, and every stage or image that its instructions name.
    private mutating func resolve(_ stage: DockerfileStage) throws(DockerfileError) -> ResolvedStage {
        let base = try base(of: stage)
        var instructions: [ResolvedInstruction] = []
        if case .stage(let number) = base {
            for instruction in stages.stages[number].instructions where instruction.keyword == .onbuild {
                // A trigger is split into words with one escape, and its variables are replaced with another.
                guard stages.escape == DockerfileText.backslash else {
                    throw DockerfileError(line: instruction.line, problem: "a trigger under another escape")
                }
                let trigger = try ParsedDockerfile.trigger(of: instruction)
                try DockerfileStages.check(trigger)
                instructions.append(
                    ResolvedInstruction(
                        instruction: trigger,
                        line: instruction.line,
                        escape: stages.escape,
                        references: try references(of: trigger, line: instruction.line, in: stage)
                    )
                )
            }
        }
        for instruction in stage.instructions {
            instructions.append(
                ResolvedInstruction(
                    instruction: instruction,
                    line: instruction.line,
                    escape: stages.escape,
                    references: try references(of: instruction, line: instruction.line, in: stage)
                )
            )
        }
        // A stage that starts from another has the platform of that stage (tested with Docker 20.10, 26.1 and 28.5).
        let variant = if case .stage = base { BaseImage.Variant.target } else { variant(of: stage) }
        if case .platform(let platform) = variant, !platform.hasPrefix("linux") {
            throw DockerfileError(line: stage.line, problem: "paths mean something else on another system")
        }
        return ResolvedStage(stage: stage, base: base, variant: variant, instructions: instructions)
    }

    private mutating func base(of stage: DockerfileStage) throws(DockerfileError) -> StageReference {
        let base: [UInt8]
        do {
            base = try ShellLexer.expand(stage.base, escape: stages.escape, variables: &globals)
        } catch {
            throw DockerfileError(line: stage.line, problem: error.problem)
        }
        guard !base.isEmpty else {
            throw DockerfileError(line: stage.line, problem: "FROM needs an image")
        }
        // A stage name is valid only in the stages after it. Otherwise the name is that of an image.
        if let number = stages.numbers[DockerfileText.lowercased(base)], number < stage.number {
            return .stage(number)
        }
        if let context = namedContexts.name(for: base) {
            let name = DockerfileText.string(base)
            throw DockerfileError(
                line: stage.line,
                problem: "--build-context \(context) takes the place of \(name)",
                withoutValues: "--build-context takes the place of the base image"
            )
        }
        return base == Array("scratch".utf8) ? .scratch : .image(base)
    }

    private func variant(of stage: DockerfileStage) -> BaseImage.Variant {
        guard let written = stage.platform else {
            return .target
        }
        // A copy, because the variables used here affect the key only where the platform does.
        var variables = globals
        guard let platform = try? ShellLexer.expand(written, escape: stages.escape, variables: &variables) else {
            return .buildersChoice
        }
        // The builder then chooses the architecture.
        if platform == Array("linux".utf8) { return .buildersChoice }
        return platform.isEmpty ? .target : .platform(DockerfileText.string(platform))
    }

    /// Returns the stages and images that an instruction copies or mounts from.
    private func references(
        of instruction: DockerfileInstruction,
        line: Int,
        in stage: DockerfileStage
    ) throws(DockerfileError) -> [StageReference] {
        switch instruction.keyword {
        case .copy:
            guard let from = instruction.values(ofFlag: "from").last, !from.isEmpty else {
                return []
            }
            return [try reference(from, isNumberAllowed: true, line: line, in: stage)]
        case .run:
            var references: [StageReference] = []
            for mount in instruction.values(ofFlag: "mount") {
                guard let from = try from(ofMount: mount, line: line) else { continue }
                references.append(try reference(from, isNumberAllowed: false, line: line, in: stage))
            }
            return references
        default:
            return []
        }
    }

    /// Returns the `from` of a mount, before its variables are replaced; nil if there is none.
    private func from(ofMount mount: [UInt8], line: Int) throws(DockerfileError) -> [UInt8]? {
        do {
            let options = try MountOptions(mount) { (value) throws(ShellError) in value }
            return options.from.isEmpty ? nil : options.from
        } catch {
            // The type may still be a variable. Errors are then reported when its value is known.
            let text = DockerfileText.string(DockerfileText.lowercased(mount))
            guard text.contains("$"), !text.contains("from=") else {
                throw DockerfileError(line: line, problem: error.problem)
            }
            return nil
        }
    }

    private func reference(
        _ name: [UInt8],
        isNumberAllowed: Bool,
        line: Int,
        in stage: DockerfileStage
    ) throws(DockerfileError) -> StageReference {
        let text = DockerfileText.string(name)
        guard !name.contains(where: { "$'\"\\`".utf8.contains($0) }) else {
            throw DockerfileError(line: line, problem: "the stage \(text) is not named plainly")
        }
        let number: Int
        if let found = stages.numbers[DockerfileText.lowercased(name)] {
            number = found
        } else if let found = Int(text) {
            guard isNumberAllowed else {
                throw DockerfileError(line: line, problem: "a mount cannot name a stage by its number")
            }
            number = found
        } else {
            if let context = namedContexts.name(for: name) { return .context(context) }
            return name == Array("scratch".utf8) ? .scratch : .image(name)
        }
        guard number >= 0, number < stage.number else {
            throw DockerfileError(line: line, problem: "the stage \(text) does not stand above this one")
        }
        return .stage(number)
    }
}

/// A stage with resolved references, including the triggers that it runs first.
struct ResolvedStage {
    let stage: DockerfileStage
    let base: StageReference
    /// Which of the images with the base's name is used.
    let variant: BaseImage.Variant
    let instructions: [ResolvedInstruction]

    var neededStages: [Int] {
        ([base] + instructions.flatMap(\.references)).compactMap { reference in
            guard case .stage(let number) = reference else {
                return nil
            }
            return number
        }
    }
}

/// An instruction of a stage, or a trigger of the stage that it starts from.
struct ResolvedInstruction {
    let instruction: DockerfileInstruction
    /// The line in the Dockerfile; for a trigger, the line of the `ONBUILD`.
    let line: Int
    let escape: UInt8
    /// The stages, images and named contexts that it copies or mounts from.
    let references: [StageReference]
}

/// The origin of a stage, or of files that it takes.
enum StageReference: Equatable {
    case scratch
    case stage(Int)
    case image([UInt8])
    /// A named context, by its name in `--build-context`.
    case context(String)
}
