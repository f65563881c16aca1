extension DockerfileAnalysis {
    /// Follows the variables of a needed stage, and notes what it takes from the context. The stage that it starts from
    /// has been evaluated.
    mutating func evaluate(_ number: Int) {
        guard let stage = resolved[number] else {
            return
        }
        var scope: StageVariables
        switch stage.base {
        case .stage(let base): scope = variables[base]?.handedOn ?? StageVariables(isOnImage: true, given: given)
        case .scratch: scope = StageVariables(isOnImage: false, given: given)
        case .image: scope = StageVariables(isOnImage: true, given: given)
        }
        for instruction in stage.instructions {
            do {
                try evaluate(instruction, of: stage, in: &scope)
            } catch {
                reasons.append(error)
            }
        }
        variables[number] = scope
        takenAsUnset[imageStage(of: number), default: []].formUnion(scope.takenAsUnset)
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
        for declaration in try ArgumentDeclaration.all(in: instruction, escape: escape) {
            let name = declaration.name
            usedNames.insert(name)
            if let value = given[name] {
                scope.setArgument(name, to: .success(value))
            } else if let text = declaration.defaultValue {
                scope.setArgument(name, to: Self.expanded(text, escape: escape, in: &scope))
            } else {
                switch globals.values[name] {
                case nil: scope.setArgument(name, to: nil)
                case .known(let value): scope.setArgument(name, to: .success(value))
                case .unknown(let problem): scope.setArgument(name, to: .failure(ShellError(problem)))
                }
            }
        }
    }

    private func set(
        _ instruction: DockerfileInstruction,
        escape: UInt8,
        in scope: inout StageVariables
    ) throws(DockerfileError) {
        // All values are found before the first is set.
        let values = try EnvironmentDeclaration.all(in: instruction, escape: escape).map { declaration in
            (declaration.name, Self.expanded(declaration.value, escape: escape, in: &scope))
        }
        for (name, value) in values { scope.setEnvironment(name, to: value) }
    }

    private static func expanded(
        _ text: [UInt8],
        escape: UInt8,
        in scope: inout StageVariables
    ) -> Result<[UInt8], ShellError> {
        Result { () throws(ShellError) in try ShellLexer.expand(text, escape: escape, variables: &scope) }
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
            if instruction.keyword == .add, try fetches(word, resolved, in: &scope) { continue }
            let source = try ShellLexer.expand(word, escape: resolved.escape, variables: &scope)
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
                    source: source
                )
            )
        }
    }

    /// Notes what a source of `ADD` fetches from elsewhere. False if it is, to some version, a path in the context.
    private mutating func fetches(
        _ word: [UInt8],
        _ resolved: ResolvedInstruction,
        in scope: inout StageVariables
    ) throws(ShellError) -> Bool {
        let checksum = resolved.instruction.values(ofFlag: "checksum").last ?? []
        let expandedChecksum = try? ShellLexer.expand(checksum, escape: resolved.escape, variables: &scope)
        let expanded = Self.expanded(word, escape: resolved.escape, in: &scope)
        // What is written as an address is one, whatever its variables hold.
        guard let source = try? expanded.get() else {
            guard Self.isAddress(word) else { return false }
            remember(RemoteSource(resolved, written: word, source: word, isResolved: false, expandedChecksum))
            return true
        }
        remember(RemoteSource(resolved, written: word, source: source, isResolved: true, expandedChecksum))
        return Self.isAddress(source)
    }

    private mutating func remember(_ source: RemoteSource?) {
        if let source { remoteSources.append(source) }
    }

    /// Every version fetches these. Other addresses could be paths to some version.
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
                try ShellLexer.expand(value, escape: resolved.escape, variables: &scope)
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

extension RemoteSource {
    fileprivate init?(
        _ resolved: ResolvedInstruction,
        written: [UInt8],
        source: [UInt8],
        isResolved: Bool,
        _ checksum: [UInt8]?
    ) {
        self.init(
            line: resolved.line,
            written: written,
            source: source,
            isResolved: isResolved,
            checksum: checksum ?? []
        )
    }
}
