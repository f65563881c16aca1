import TestSupport

/// Dockerfiles: arguments before the first stage, stages, and uses of the arguments.
extension ScenarioMaker {
    mutating func dockerfile(_ scenario: Scenario) -> LooseDockerfile {
        var dockerfile = LooseDockerfile()
        if chance(15) { dockerfile.head.append("# a comment") }
        let foreign = scenario.platform.map { $0 != "linux/amd64" } ?? false
        let (head, names) = globals()
        dockerfile.head += head
        let count = number(1...4)
        for index in 0..<count {
            dockerfile.stages.append(stage(index, dockerfile, scenario, foreign: foreign, isLast: index == count - 1))
        }
        // Most stages and arguments are used by the last stage.
        for index in 0..<(count - 1) where chance(60) {
            let name = dockerfile.stages[index].name ?? "\(index)"
            dockerfile.stages[count - 1].instructions.append(copyFrom(name))
        }
        for name in names {
            let index = chance(75) ? count - 1 : number(0...(count - 1))
            dockerfile.stages[index].instructions += use(of: name, in: dockerfile.stages[index])
        }
        return dockerfile
    }

    /// The lines before the first stage, and the argument names that stages use.
    private mutating func globals() -> (lines: [String], names: [String]) {
        var lines: [String] = []
        var names: [String] = []
        if chance(65) {
            lines.append("ARG G=\(pick(Self.values))")
            let (more, name) = pick([
                ([], "G"), ([], "G"), (["ARG H=$G"], "H"), (["ARG H=${Q:-$G}"], "H"), (["ARG FULL=v-$G"], "FULL"),
                (["ARG FULL=${BUILDARCH}-${G}"], "FULL"), (["ARG FULL=$TARGETARCH-$G"], "FULL"),
                (["ARG H=${G:-a}", "ARG FULL=${BUILDPLATFORM}/$H"], "FULL"), (["ARG OTHER=a FULL=$OTHER$G"], "FULL"),
                (["ARG TARGETARCH=$G"], "TARGETARCH"), (["ARG BUILDARCH", "ARG FULL=$BUILDARCH$G"], "FULL"),
            ])
            lines += more
            names.append(name)
        }
        if chance(15) {
            lines += ["ARG TARGETARCH", "ARG A2=a-$TARGETARCH"]
            names.append("A2")
        }
        if chance(20) { lines.append("ARG BASE=\(pick([Self.busybox, "scratch", "s0"]))") }
        if chance(20) {
            lines += pick([["ARG PLAT=$BUILDPLATFORM"], ["ARG A=amd64", "ARG PLAT=linux/$A"], ["ARG PLAT"]])
        }
        return (lines, names)
    }

    private mutating func stage(
        _ number: Int,
        _ dockerfile: LooseDockerfile,
        _ scenario: Scenario,
        foreign: Bool,
        isLast: Bool
    ) -> LooseDockerfile.Stage {
        let earlier = dockerfile.stages
        var stage = LooseDockerfile.Stage(base: "scratch", name: chance(85) ? "s\(number)" : nil)
        switch self.number(0...9) {
        case 0...3 where !earlier.isEmpty:
            let index = self.number(0...(earlier.count - 1))
            stage.base = earlier[index].name ?? "scratch"
            stage.isRunnable = earlier[index].name != nil && earlier[index].isRunnable
        case 4...6:
            stage.base = Self.busybox
            stage.isRunnable = true
        case 7 where dockerfile.head.contains { $0.hasPrefix("ARG BASE=") }:
            stage.base = pick(["$BASE", "${BASE}"])
            stage.isRunnable = dockerfile.head.contains("ARG BASE=" + Self.busybox)
        default: break
        }
        if stage.isRunnable, foreign, !earlier.contains(where: { $0.name == stage.base }) {
            stage.platform = pick(["$BUILDPLATFORM", "linux/amd64", "linux/$BUILDARCH"])
        } else if chance(8) {
            stage.platform = pick(["$BUILDPLATFORM", "$TARGETPLATFORM", "linux/amd64"])
        }
        if dockerfile.head.contains(where: { $0.hasPrefix("ARG PLAT=") }), chance(50) { stage.platform = "$PLAT" }
        let names = earlier.indices.map { earlier[$0].name ?? "\($0)" }
        if chance(40) {
            let name = pick(Self.stageNames + ["TARGETARCH", "TARGETPLATFORM"])
            let value = chance(50) || name.hasPrefix("TARGET") ? nil : pick(Self.values)
            stage.instructions += use(of: name, default: value, in: stage)
        }
        for _ in 0..<self.number(1...4) {
            stage.instructions.append(instruction(stage, names, scenario, isLast: isLast))
        }
        return stage
    }

    /// An `ARG` instruction, and an instruction that uses it.
    private mutating func use(
        of name: String,
        default value: String? = nil,
        in stage: LooseDockerfile.Stage
    ) -> [LooseDockerfile.Instruction] {
        var uses: [LooseDockerfile.Instruction] = [
            .init(keyword: "COPY", words: ["${\(name):-a}", destination() + "/"]),
            .init(keyword: "COPY", words: ["a", "\(destination())/$\(name)/"]),
            .init(keyword: "WORKDIR", words: ["/w/$\(name)"]),
        ]
        if stage.isRunnable {
            uses += Array(repeating: .init(keyword: "RUN", words: ["echo \"$\(name)\" > \(destination())"]), count: 4)
        }
        return [.init(keyword: "ARG", words: [name + (value.map { "=" + $0 } ?? "")]), pick(uses)]
    }
}
