extension DockerfileAnalysis {
    /// Evaluates a needed stage, and records what it takes from the context. The stages that it starts from or copies
    /// from must already be evaluated.
    mutating func evaluate(_ number: Int) {
        guard let stage = resolved[number] else {
            return
        }
        var state =
            switch stage.base {
            case .stage(let base): states[base]?.handedOn ?? StageState(on: Meaning("nothing"), isOnImage: true)
            case .scratch: StageState(on: Meaning("scratch"), isOnImage: false, platform: platform(of: stage))
            case .image, .context: StageState(on: origin(of: stage), isOnImage: true)
            }
        for instruction in stage.instructions {
            do {
                try evaluate(instruction, of: stage, in: &state)
            } catch {
                reasons.append(error)
            }
        }
        states[number] = state
    }

    /// The prefix of the names of arguments that the builder itself reads.
    static let ofBuilder = Array("BUILDKIT_".utf8)

    /// Returns the meaning of the image that a stage starts from.
    private func origin(of stage: ResolvedStage) -> Meaning {
        var meaning = Meaning("origin")
        meaning.append(self.meaning(of: stage.base))
        meaning.append(platform(of: stage))
        return meaning
    }

    /// Returns the meaning of a stage's platform.
    private func platform(of stage: ResolvedStage) -> Meaning {
        var meaning = Meaning("platform")
        let written = stage.stage.platform ?? []
        meaning.depends(on: globals.closure(of: DockerfileText.variableNames(in: written)))
        switch stage.variant {
        case .platform(let platform) where platform != parameters.platform: meaning.append(platform)
        case .target, .platform: break
        case .buildersChoice:
            meaning.append(globals.meaning(ofText: written))
            meaning.depends(on: [Array("BUILDPLATFORM".utf8)])
        }
        return meaning
    }

    /// Returns the meaning of the files of a stage or an image.
    private func meaning(of reference: StageReference) -> Meaning {
        switch reference {
        case .scratch: return Meaning("scratch")
        case .stage(let number):
            var meaning = Meaning("stage")
            if let state = states[number] { meaning.append(digestOf: state.files) }
            return meaning
        case .image(let name):
            var meaning = Meaning("image")
            meaning.append(name)
            return meaning
        case .context(let name):
            var meaning = Meaning("named context")
            meaning.append(name)
            return meaning
        }
    }

    /// Returns the first stage of the chain that a stage starts from.
    private func imageStage(of number: Int) -> Int {
        var number = number
        while case .stage(let base) = resolved[number]?.base { number = base }
        return number
    }

    private mutating func evaluate(
        _ resolved: ResolvedInstruction,
        of stage: ResolvedStage,
        in state: inout StageState
    ) throws(DockerfileError) {
        let instruction = resolved.instruction
        let (firstSource, firstRemoteSource) = (sources.count, remoteSources.count)
        do {
            switch instruction.keyword {
            case .arg:
                try declare(instruction, escape: resolved.escape, in: &state.variables)
                if instruction.text.contains(Self.ofBuilder) { state.declareForBuilder(instruction) }
                return
            case .env: return try set(instruction, escape: resolved.escape, in: &state.variables)
            case .add, .copy: try copy(resolved, of: stage.stage, in: &state.variables)
            case .run: try mount(resolved, of: stage.stage, in: &state.variables)
            default: return state.configure(instruction)
            }
        } catch {
            throw DockerfileError(line: resolved.line, problem: error.problem)
        }
        state.change(
            instruction,
            references: resolved.references.map(meaning),
            sources: Array(firstSource..<sources.count),
            fetches: remoteSources.count > firstRemoteSource
        )
    }

    private mutating func declare(
        _ instruction: DockerfileInstruction,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(ShellError) {
        let before = scope
        var names: Set<[UInt8]> = []
        for declaration in try Self.declarations(of: instruction, escape: escape) {
            let name = declaration.name
            var value: StageVariables.Expansion?
            if let given = given[name] {
                value = .init(.success(given), meaning: .value(given))
            } else if let text = declaration.defaultValue {
                value = scope.expand(text, escape: escape)
                if !names.isDisjoint(with: DockerfileText.variableNames(in: text)) {
                    var meaning = scope.meaning(of: text)
                    meaning.append(before.meaning(of: text))
                    value = .init(.failure(.usesArgumentOfSameInstruction(name)), meaning: meaning)
                }
            } else {
                switch globals.values[name] {
                case nil: break
                case .known(let known): value = .init(.success(known), meaning: globals.meaning(of: name))
                case .unknown(let problem):
                    value = .init(.failure(ShellError(problem)), meaning: globals.meaning(of: name))
                }
            }
            if var value {
                value.meaning.depends(on: [name])
                scope.setArgument(name, to: value)
            }
            names.insert(name)
        }
    }

    private static func declarations(
        of instruction: DockerfileInstruction,
        escape: UInt8
    ) throws(ShellError) -> [ArgumentDeclaration] {
        do {
            return try ArgumentDeclaration.all(in: instruction, escape: escape)
        } catch {
            throw ShellError(error.problem)
        }
    }

    private func set(
        _ instruction: DockerfileInstruction,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(ShellError) {
        let declarations: [EnvironmentDeclaration]
        do {
            declarations = try EnvironmentDeclaration.all(in: instruction, escape: escape)
        } catch {
            throw ShellError(error.problem)
        }
        // All values are computed before the first is set.
        let values = declarations.map { ($0.name, scope.expand($0.value, escape: escape)) }
        for (name, value) in values { scope.setEnvironment(name, to: value) }
    }

    /// Returns the value of a word that decides which part of the context is read.
    private mutating func decisive(
        _ word: [UInt8],
        of stage: DockerfileStage,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(ShellError) -> [UInt8] {
        guard isFrontEndKnown || !word.contains(DockerfileText.dollar) else {
            throw ShellError("the syntax directive names a frontend that may be older than 1.2")
        }
        let expansion = scope.expand(word, escape: escape)
        takenAsUnset[imageStage(of: stage.number), default: []].formUnion(expansion.assumed)
        return try expansion.result.get()
    }

    private mutating func copy(
        _ resolved: ResolvedInstruction,
        of stage: DockerfileStage,
        in scope: inout StageVariables
    ) throws(ShellError) {
        let instruction = resolved.instruction
        let words = instruction.list
        guard words.count >= 2 else {
            throw ShellError("\(DockerfileText.string(instruction.name)) needs a source and a destination")
        }
        guard resolved.references.isEmpty else {
            return
        }
        let keepsParents = instruction.values(ofFlag: "parents").contains {
            DockerfileText.lowercased($0) != Array("false".utf8)
        }
        let mode = instruction.values(ofFlag: "chmod").last ?? []
        let setsPermissions = !mode.isEmpty && mode.allSatisfy(DockerfileText.isDigit)
        for word in words.dropLast() {
            if DockerfileHeredoc(word: word) != nil {
                guard !instruction.isJSON else {
                    throw ShellError("a here-document in a JSON array")
                }
                continue
            }
            if instruction.keyword == .add, fetches(word, resolved, in: &scope) { continue }
            let source = try decisive(word, of: stage, escape: resolved.escape, in: &scope)
            // Every version fetches these. Other addresses could be paths in some version.
            if instruction.keyword == .add, Self.isAddress(source) { continue }
            // Whether a backslash escapes the next character depends on whether there is a wildcard.
            guard !source.contains(DockerfileText.backslash) else {
                throw ShellError("a source with a backslash")
            }
            sources.append(
                ContextSource(
                    stage: stage.title,
                    line: resolved.line,
                    instruction: instruction.summary,
                    kind: keepsParents ? .parents : .pattern,
                    source: source,
                    excludes: instruction.values(ofFlag: "exclude"),
                    setsPermissions: setsPermissions
                )
            )
        }
    }

    /// Records a source of `ADD` that is fetched from elsewhere. Returns whether it is one for any values of its
    /// variables.
    private mutating func fetches(
        _ word: [UInt8],
        _ resolved: ResolvedInstruction,
        in scope: inout StageVariables
    ) -> Bool {
        let flag = resolved.instruction.values(ofFlag: "checksum").last ?? []
        let checksum = scope.expand(flag, escape: resolved.escape)
        let expansion = scope.expand(word, escape: resolved.escape)
        let source = try? expansion.result.get()
        remember(
            RemoteSource(
                line: resolved.line,
                written: word,
                source: source ?? word,
                isResolved: source != nil && expansion.assumed.isEmpty,
                checksum: checksum.assumed.isEmpty ? (try? checksum.result.get()) ?? [] : []
            )
        )
        return Self.isAddress(word)
    }

    private mutating func remember(_ source: RemoteSource?) {
        if let source { remoteSources.append(source) }
    }

    private static func isAddress(_ source: [UInt8]) -> Bool {
        source.starts(with: Array("http://".utf8)) || source.starts(with: Array("https://".utf8))
    }

    private mutating func mount(
        _ resolved: ResolvedInstruction,
        of stage: DockerfileStage,
        in scope: inout StageVariables
    ) throws(ShellError) {
        for mount in resolved.instruction.values(ofFlag: "mount") {
            let options = try MountOptions(mount) { (value) throws(ShellError) in
                try decisive(value, of: stage, escape: resolved.escape, in: &scope)
            }
            guard options.type == Array("bind".utf8), options.from.isEmpty else {
                continue
            }
            var paths = [options.source]
            if options.sourceAsWritten != options.source { paths.append(options.sourceAsWritten) }
            for path in paths {
                sources.append(
                    ContextSource(
                        stage: stage.title,
                        line: resolved.line,
                        instruction: resolved.instruction.summary,
                        kind: .mount,
                        source: path
                    )
                )
            }
        }
    }
}
