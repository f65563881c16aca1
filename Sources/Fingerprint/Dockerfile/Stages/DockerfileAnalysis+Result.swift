extension DockerfileAnalysis {
    private static let version = "docker-cache Dockerfile 1"

    /// Encodes the target: its files at its end, and its configuration. It excludes the names and order of the stages,
    /// and anything that is only in the configurations of other stages.
    func result() -> [UInt8] {
        var encoding = CanonicalEncoding()
        encoding.append(Self.version)
        encoding.append(syntax)
        encoding.append([stages.escape])
        encoding.append(epoch == nil ? "no time" : "time")
        encoding.append(epoch ?? [])
        for (declaration, _) in stages.globals where declaration.name.starts(with: Self.ofBuilder) {
            encoding.append(declaration.name)
            encoding.append(globals.meaning(of: declaration.name).bytes)
        }
        if let state = states[target] {
            encoding.append(state.files.bytes)
            encoding.append(state.configuration.bytes)
        }
        // In some versions, the name of the target is the value of a variable.
        if names().contains(Array("TARGETSTAGE".utf8)) { encoding.append(parameters.target ?? "") }
        return encoding.bytes
    }

    /// Returns the names of the variables that reach the image, and of those from which their values are computed.
    private func names() -> Set<[UInt8]> {
        let reached = states[target].map { $0.files.names.union($0.configuration.names) } ?? []
        return globals.closure(of: globals.used.union(reached))
    }

    func countedArguments() -> Set<String> {
        let runs = resolved.values.contains { $0.instructions.contains { $0.instruction.keyword == .run } }
        var names = Set(names().map(DockerfileText.string))
        if epoch != nil { names.insert("SOURCE_DATE_EPOCH") }
        for name in given.keys.map(DockerfileText.string)
        where PlatformArguments.countsUndeclared(name) || (runs && PlatformArguments.isProxy(name)) {
            names.insert(name)
        }
        return names
    }

    func usedContexts() -> Set<String> {
        let references = resolved.values.flatMap(\.instructions).flatMap(\.references)
        return Set(references.compactMap { if case .context(let name) = $0 { name } else { nil } })
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
