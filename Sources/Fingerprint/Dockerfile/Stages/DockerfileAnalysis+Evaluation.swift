extension DockerfileAnalysis {
    /// Follows the variables of a needed stage, and notes what it takes from the context. The stage that it starts from
    /// has been evaluated.
    mutating func evaluate(_ number: Int) {
        guard let stage = resolved[number] else {
            return
        }
        var scope: StageVariables
        switch stage.base {
        case .stage(let base): scope = variables[base]?.handedOn ?? StageVariables(isOnImage: true)
        case .scratch: scope = StageVariables(isOnImage: false)
        case .image: scope = StageVariables(isOnImage: true)
        }
        for instruction in stage.instructions {
            do {
                try evaluate(instruction, of: stage, in: &scope)
            } catch {
                reasons.append(error)
            }
        }
        variables[number] = scope
    }

    /// The first of the stages that a stage starts from.
    private func imageStage(of number: Int) -> Int {
        var number = number
        while case .stage(let base) = resolved[number]?.base { number = base }
        return number
    }

    private mutating func evaluate(
        _ resolved: ResolvedInstruction,
        of stage: ResolvedStage,
        in scope: inout StageVariables
    ) throws(DockerfileError) {
        let instruction = resolved.instruction
        switch instruction.keyword {
        case .arg: try declare(instruction, escape: resolved.escape, in: &scope)
        case .env: try set(instruction, escape: resolved.escape, in: &scope)
        case .add, .copy:
            do {
                try copy(resolved, of: stage.stage, in: &scope)
            } catch {
                throw DockerfileError(line: resolved.line, problem: error.problem)
            }
        case .run:
            do {
                try mount(resolved, of: stage.stage, in: &scope)
            } catch {
                throw DockerfileError(line: resolved.line, problem: error.problem)
            }
        default: break
        }
    }

    private mutating func declare(
        _ instruction: DockerfileInstruction,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(DockerfileError) {
        var names: Set<[UInt8]> = []
        for declaration in try ArgumentDeclaration.all(in: instruction, escape: escape) {
            let name = declaration.name
            usedNames.insert(name)
            if let value = given[name] {
                scope.setArgument(name, to: .init(result: .success(value), assumed: []))
            } else if let text = declaration.defaultValue {
                var expansion = scope.expand(text, escape: escape)
                if !names.isDisjoint(with: DockerfileText.variableNames(in: text)) {
                    expansion = .init(result: .failure(.usesArgumentOfSameInstruction(name)), assumed: [])
                }
                scope.setArgument(name, to: expansion)
            } else {
                switch globals.values[name] {
                case nil: break
                case .known(let value): scope.setArgument(name, to: .init(result: .success(value), assumed: []))
                case .unknown(let problem):
                    scope.setArgument(name, to: .init(result: .failure(ShellError(problem)), assumed: []))
                }
            }
            names.insert(name)
        }
    }

    private func set(
        _ instruction: DockerfileInstruction,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(DockerfileError) {
        // All values are found before the first is set.
        let values = try EnvironmentDeclaration.all(in: instruction, escape: escape).map { declaration in
            (declaration.name, scope.expand(declaration.value, escape: escape))
        }
        for (name, value) in values { scope.setEnvironment(name, to: value) }
    }

    /// The value of a word that decides what of the context is read.
    private mutating func decisive(
        _ word: [UInt8],
        of stage: DockerfileStage,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(ShellError) -> [UInt8] {
        guard isFrontEndKnown || !word.contains(DockerfileText.dollar) else {
            throw ShellError("the syntax directive names a front end that may be older than 1.2")
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
        for word in words.dropLast() {
            if DockerfileHeredoc(word: word) != nil {
                guard !instruction.isJSON else {
                    throw ShellError("a here-document in a JSON array")
                }
                continue
            }
            if instruction.keyword == .add, fetches(word, resolved, in: &scope) { continue }
            let source = try decisive(word, of: stage, escape: resolved.escape, in: &scope)
            // Every version fetches these. Other addresses could be paths to some version.
            if instruction.keyword == .add, Self.isAddress(source) { continue }
            // Whether it escapes what follows it depends on whether there is a wildcard.
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
                    excludes: instruction.values(ofFlag: "exclude")
                )
            )
        }
    }

    /// Notes what a source of `ADD` fetches from elsewhere. Whether it does so whatever its variables hold.
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
