extension DockerfileAnalysis {
    private static let version = "docker-cache Dockerfile 1"

    /// The needed stages, everything framed by its length. Stages are numbered among those that are needed.
    func encoded() -> [UInt8] {
        let numbers = resolved.keys.sorted()
        let canonical = Dictionary(uniqueKeysWithValues: numbers.enumerated().map { ($1, $0) })
        var encoding = CanonicalEncoding()
        encoding.append(Self.version)
        encoding.append(syntax)
        encoding.append([stages.escape])
        let globalNames = dependencies()
        for (declaration, _) in stages.globals where globalNames.contains(declaration.name) {
            encoding.append("arg")
            encoding.append(declaration.name)
            encoding.append(declaration.defaultValue == nil ? "unset" : "set")
            encoding.append(declaration.defaultValue ?? [])
        }
        for number in numbers {
            guard let stage = resolved[number] else { continue }
            encoding.append("stage")
            encoding.append(stage.stage.name ?? [])
            encoding.append(Self.bytes(of: stage.base, numbers: canonical))
            encoding.append(stage.stage.platform ?? [])
            for instruction in stage.instructions {
                encoding.append(Self.bytes(of: instruction, numbers: canonical))
            }
        }
        encoding.append("target")
        encoding.append("\(canonical[target] ?? 0)")
        return encoding.bytes
    }

    private static func bytes(of resolved: ResolvedInstruction, numbers: [Int: Int]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        let instruction = resolved.instruction
        encoding.append(DockerfileText.lowercased(instruction.name))
        encoding.append(instruction.text)
        for heredoc in instruction.heredocs {
            encoding.append("heredoc")
            encoding.append(heredoc.name)
            encoding.append(heredoc.content)
        }
        for reference in resolved.references { encoding.append(bytes(of: reference, numbers: numbers)) }
        return encoding.bytes
    }

    private static func bytes(of reference: StageReference, numbers: [Int: Int]) -> [UInt8] {
        switch reference {
        case .scratch: Array("scratch".utf8)
        case .stage(let number): Array("stage \(numbers[number] ?? 0)".utf8)
        case .image(let name): Array("image ".utf8) + name
        }
    }

    /// The names whose values the needed stages depend on.
    private func dependencies() -> Set<[UInt8]> { globals.closure(of: globals.used.union(usedNames)) }

    func declaredArguments() -> Set<String> {
        let runs = resolved.values.contains { $0.instructions.contains { $0.instruction.keyword == .run } }
        var names = Set(dependencies().map(DockerfileText.string))
        for name in given.keys.map(DockerfileText.string)
        where PlatformArguments.countsUndeclared(name) || (runs && PlatformArguments.isProxy(name)) {
            names.insert(name)
        }
        return names
    }

    func baseImages() -> [BaseImage] {
        var images: [BaseImage] = []
        func add(
            _ reference: StageReference,
            variant: BaseImage.Variant,
            role: BaseImage.Role,
            line: Int,
            unset: Set<[UInt8]>
        ) {
            guard case .image(let name) = reference else {
                return
            }
            let reference = DockerfileText.string(name)
            let known = images.firstIndex { $0.reference == reference && $0.variant == variant && $0.role == role }
            let index = known ?? images.count
            if known == nil {
                images.append(BaseImage(reference: reference, variant: variant, role: role, line: line))
            }
            images[index].variablesTakenAsUnset.formUnion(unset.map(DockerfileText.string))
        }

        for (number, stage) in resolved.sorted(by: { $0.key < $1.key }) {
            add(
                stage.base,
                variant: stage.variant,
                role: .base,
                line: stage.stage.line,
                unset: takenAsUnset[number] ?? []
            )
            for instruction in stage.instructions {
                for reference in instruction.references {
                    add(reference, variant: .target, role: .content, line: instruction.line, unset: [])
                }
            }
        }
        return images
    }
}
