import TestSupport

extension Change {
    func changeDockerfile(_ scenario: inout Scenario, _ maker: inout ScenarioMaker) -> Bool {
        switch self {
        case .globalDefault: changeGlobal(&scenario.dockerfile, &maker)
        case .unneeded: changeUnneeded(&scenario.dockerfile, &maker)
        case .base, .stagePlatform: changeStage(&scenario.dockerfile, &maker)
        case .comment: changeComment(&scenario.dockerfile, &maker)
        default: changeInstruction(&scenario, &maker)
        }
    }

    private func changeGlobal(_ dockerfile: inout LooseDockerfile, _ maker: inout ScenarioMaker) -> Bool {
        let indices = dockerfile.head.indices.filter { dockerfile.head[$0].hasPrefix("ARG ") }
        guard !indices.isEmpty else { return false }
        let index = maker.pick(indices)
        let parts = dockerfile.head[index].split(separator: "=", maxSplits: 1).map(String.init)
        let value = maker.pick(
            ScenarioMaker.values + ["$G", "$BUILDARCH", ScenarioMaker.busybox, "arm64", "linux/amd64"]
        )
        dockerfile.head[index] = parts[0] + "=" + value
        return true
    }

    private func changeUnneeded(_ dockerfile: inout LooseDockerfile, _ maker: inout ScenarioMaker) -> Bool {
        let name = "unneeded\(maker.number(0...9))"
        let last = dockerfile.stages.count - 1
        var stage = LooseDockerfile.Stage(base: maker.pick(["scratch", ScenarioMaker.busybox]), name: name)
        stage.instructions = [.init(keyword: "COPY", words: [maker.pick(["a", "d", "."]), "/"])]
        // Inserted earlier, it would change the numbers of the other stages.
        dockerfile.stages.insert(stage, at: last)
        let numbered = dockerfile.stages.flatMap(\.instructions).contains { instruction in
            instruction.flags.contains { $0.hasPrefix("--from=") && $0.last?.isNumber == true && !$0.contains("=s") }
        }
        return !numbered
    }

    private func changeStage(_ dockerfile: inout LooseDockerfile, _ maker: inout ScenarioMaker) -> Bool {
        let index = maker.number(0...(dockerfile.stages.count - 1))
        if self == .stagePlatform {
            let platform = maker.pick([nil, "$BUILDPLATFORM", "linux/amd64", "linux/$BUILDARCH", "$TARGETPLATFORM"])
            guard platform != dockerfile.stages[index].platform else { return false }
            dockerfile.stages[index].platform = platform
        } else {
            let base = maker.pick(["scratch", ScenarioMaker.busybox] + dockerfile.stages[..<index].compactMap(\.name))
            guard base != dockerfile.stages[index].base else { return false }
            dockerfile.stages[index].base = base
        }
        return true
    }

    private func changeComment(_ dockerfile: inout LooseDockerfile, _ maker: inout ScenarioMaker) -> Bool {
        let stage = maker.number(0...(dockerfile.stages.count - 1))
        let instructions = dockerfile.stages[stage].instructions
        switch maker.number(0...3) {
        case 0:
            dockerfile.head.insert(maker.pick(["# comment", "#", ""]), at: dockerfile.head.count)
        case 1 where !instructions.isEmpty:
            let index = maker.number(0...(instructions.count - 1))
            guard !instructions[index].keyword.hasPrefix("#") else { return false }
            dockerfile.stages[stage].instructions[index].keyword = instructions[index].keyword.lowercased()
        case 2 where !instructions.isEmpty:
            let index = maker.number(0...(instructions.count - 1))
            guard instructions[index].document == nil, ["COPY", "ENV", "LABEL"].contains(instructions[index].keyword)
            else { return false }
            dockerfile.stages[stage].instructions[index].words.insert("\\\n  # within\n ", at: 0)
        default:
            let comment = LooseDockerfile.Instruction(keyword: maker.pick(["# another", "", "   "]))
            dockerfile.stages[stage].instructions.insert(comment, at: maker.number(0...instructions.count))
        }
        return true
    }

    // MARK: Instructions

    private func changeInstruction(_ scenario: inout Scenario, _ maker: inout ScenarioMaker) -> Bool {
        let count = scenario.dockerfile.stages.count
        let number = maker.chance(50) ? count - 1 : maker.number(0...(count - 1))
        let stage = scenario.dockerfile.stages[number]
        var instructions = stage.instructions
        let earlier = scenario.dockerfile.stages[..<number].enumerated().map { $1.name ?? "\($0)" }
        switch self {
        case .inserted:
            let instruction = maker.instruction(stage, earlier, scenario, isLast: number == count - 1)
            instructions.insert(instruction, at: maker.number(0...instructions.count))
        case .removed:
            guard !instructions.isEmpty else { return false }
            instructions.remove(at: maker.number(0...(instructions.count - 1)))
        case .order:
            guard instructions.count > 1 else { return false }
            let index = maker.number(0...(instructions.count - 2))
            instructions.swapAt(index, index + 1)
        default:
            let indices = instructions.indices.filter { isTarget(instructions[$0]) }
            guard !indices.isEmpty else { return false }
            let index = maker.pick(indices)
            change(&instructions[index], stage, scenario, &maker)
        }
        scenario.dockerfile.stages[number].instructions = instructions
        return true
    }

    private func isTarget(_ instruction: LooseDockerfile.Instruction) -> Bool {
        switch self {
        case .stageDefault: instruction.keyword == "ARG"
        case .environment: instruction.keyword == "ENV"
        case .document: instruction.document != nil
        default:
            ["COPY", "ADD"].contains(instruction.keyword) && instruction.words.count > 1 && instruction.document == nil
        }
    }

    private func change(
        _ instruction: inout LooseDockerfile.Instruction,
        _ stage: LooseDockerfile.Stage,
        _ scenario: Scenario,
        _ maker: inout ScenarioMaker
    ) {
        switch self {
        case .stageDefault: instruction = maker.argument()
        case .environment: instruction.words = maker.environment()
        case .document: instruction.document?[0] = maker.pick(["text", "other", "$X", "$Y$G", "# line", ""])
        case .source where !instruction.flags.contains { $0.hasPrefix("--from=") }:
            instruction.words[0] = maker.source(scenario)
        default:
            let kinds = ["--exclude=", "--parents", "--chmod=", "--link"]
            let present = instruction.flags.indices.filter { index in
                kinds.contains { instruction.flags[index].hasPrefix($0) }
            }
            if !present.isEmpty, maker.chance(50) {
                instruction.flags.remove(at: maker.pick(present))
                return
            }
            var flags = ["--chmod=\(maker.pick(["600", "755", "640"]))", "--chown=\(maker.pick(["3", "1:2"]))"]
            if maker.features.contains(.exclude) {
                flags += ["--exclude=\(maker.pattern())", "--exclude=\(maker.pattern())", "--exclude=**/[ab]"]
            }
            if maker.features.contains(.parents) { flags += ["--parents", "--parents"] }
            if maker.features.contains(.link), maker.chance(10) { flags.append("--link") }
            let flag = maker.pick(flags)
            let name = flag.split(separator: "=")[0]
            instruction.flags.removeAll { $0.hasPrefix(name) && !name.hasPrefix("--exclude") }
            instruction.flags.append(flag)
        }
    }
}
