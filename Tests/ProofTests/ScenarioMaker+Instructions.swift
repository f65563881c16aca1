import TestSupport

/// Instructions.
extension ScenarioMaker {
    mutating func instruction(
        _ stage: LooseDockerfile.Stage,
        _ earlier: [String],
        _ scenario: Scenario,
        isLast: Bool
    ) -> LooseDockerfile.Instruction {
        switch number(0...99) {
        case 0..<30: return copy("COPY", scenario)
        case 30..<34: return copy("ADD", scenario)
        case 34..<46 where !earlier.isEmpty: return copyFrom(pick(earlier))
        case 46..<52 where !scenario.library.isEmpty:
            return .init(
                keyword: "COPY",
                flags: ["--from=lib"],
                words: [pick(["a", ".", "d", "*"]), destination() + "/"]
            )
        case 52..<56: return argument()
        case 56..<66 where isLast || stage.isRunnable: return .init(keyword: "ENV", words: environment())
        case 66..<75 where isLast: return .init(keyword: "LABEL", words: ["l\(number(0...3))=\"\(expression())\""])
        case 75..<85 where stage.isRunnable: return run(earlier)
        case 85..<89 where features.contains(.hereDocument): return hereDocument(stage)
        case 89..<92:
            let instruction = chance(60) ? copy("COPY", scenario) : .init(keyword: "ENV", words: environment())
            return .init(keyword: "ONBUILD", words: [instruction.text])
        case 92..<94: return .init(keyword: "WORKDIR", words: ["/w/\(expression())"])
        case 94..<97 where isLast: return .init(keyword: pick(Self.settings))
        case 97: return .init(keyword: "COPY", flags: ["--from=" + Self.busybox], words: ["/bin/sh", destination()])
        case 98: return .init(keyword: pick(["# a comment", "", "  "]))
        default: return copy("COPY", scenario)
        }
    }

    static let settings = [
        "USER 1000", "USER $X", "CMD [\"a\"]", "CMD a", "ENTRYPOINT [\"b\"]", "EXPOSE 80", "EXPOSE $X", "STOPSIGNAL 9",
        "VOLUME /v", "SHELL [\"sh\", \"-ec\"]", "HEALTHCHECK CMD true", "MAINTAINER somebody", "LABEL a=b c=d",
    ]

    mutating func copy(_ keyword: String, _ scenario: Scenario) -> LooseDockerfile.Instruction {
        var instruction = LooseDockerfile.Instruction(keyword: keyword)
        if chance(8) { instruction.flags.append("--chmod=\(pick(["600", "755"]))") }
        if chance(6) { instruction.flags.append("--chown=\(pick(["1:2", "5"]))") }
        if features.contains(.link), chance(6) { instruction.flags.append("--link") }
        if features.contains(.exclude), chance(12) { instruction.flags.append("--exclude=\(pattern())") }
        if features.contains(.parents), chance(12) { instruction.flags.append("--parents") }
        let sources = (0..<(chance(75) ? 1 : 2)).map { _ in source(scenario) }
        if chance(8) {
            instruction.words = ["[\((sources + [destination() + "/"]).map { "\"\($0)\"" }.joined(separator: ", "))]"]
        } else {
            instruction.words = sources + [destination() + "/"]
        }
        return instruction
    }

    mutating func pattern() -> String {
        pick(["a", "b", "d/e", "**/a", "*", "e", "*/b", "${X:-a}", "$G", "!a", "g/**"])
    }

    /// A path or pattern that matches the context, or nearly does.
    mutating func source(_ scenario: Scenario) -> String {
        let path = pick(scenario.nodes.keys.sorted())
        switch number(0...19) {
        case 0..<9: return path
        case 9: return pick(["./", "/", "d/../"]) + path
        case 10: return path.split(separator: "/").map { $0.count == 1 ? "?" : $0 }.joined(separator: "/")
        case 11, 12: return pick(["*", "a*", "d/*", "[ab]", "[^b]", "*/a", "d/?", "?", "??", "e/a*", "*/*", "d*/e/?"])
        case 13, 14: return pick(["${X:-a}", "${Y:-d}", "${G:-b}", "${H:-e}", "$X", "$G", "d/${Y:-a}", "${Z:+a}"])
        case 15: return "."
        case 16: return pick(scenario.directories) + "/"
        default: return pick(scenario.directories)
        }
    }

    mutating func copyFrom(_ stage: String) -> LooseDockerfile.Instruction {
        .init(
            keyword: "COPY",
            flags: ["--from=\(chance(15) ? stage.uppercased() : stage)"],
            words: [chance(90) ? pick(["/", "/", "."]) : pick(["/i*", "/i1", "/w"]), destination() + "/"]
        )
    }

    mutating func argument() -> LooseDockerfile.Instruction {
        let name = pick(Self.stageNames)
        let words =
            switch number(0...9) {
            case 0...2: [name]
            case 3...4: ["\(name)=\(pick(Self.values))"]
            case 5: ["\(name)=\(expression())"]
            case 6: [pick(Self.globalNames + ["FULL", "OTHER"])]
            case 7: [name, "V=\(expression())", "W=$V"]
            case 8: [pick(["TARGETARCH", "TARGETPLATFORM", "TARGETVARIANT", "BUILDARCH", "TARGETOS", "BUILDPLATFORM"])]
            default: ["\(pick(Self.globalNames))=\(pick(Self.values))"]
            }
        return .init(keyword: "ARG", words: words)
    }

    mutating func environment() -> [String] {
        let name = pick(Self.stageNames + ["E", "F"])
        return switch number(0...3) {
        case 0: [name, pick(Self.values)]
        case 1: ["\(name)=\(expression())", "F=$\(name)"]
        default: ["\(name)=\(expression())"]
        }
    }

    mutating func expression() -> String {
        let name = pick(Self.stageNames + Self.globalNames + ["FULL", "E", "V", "TARGETARCH"])
        var forms = ["$\(name)", "${\(name)}", "${\(name):-a}", "${\(name):+b}", "v-$\(name)", "a", "\\$\(name)", "d"]
        if features.contains(.modifiers) { forms += ["${\(name)#a}", "${\(name)%b}", "${\(name)/a/e}"] }
        return pick(forms)
    }

    private mutating func run(_ earlier: [String]) -> LooseDockerfile.Instruction {
        let out = destination()
        // Everything that is visible at the mount.
        let look = "(cd /m && find . | sort | xargs stat -c '%A %n' && find . -type f | sort | xargs cat) > \(out)"
        switch number(0...9) {
        case 0...3: return .init(keyword: "RUN", words: ["env | sort > \(out)"])
        case 4: return .init(keyword: "RUN", words: ["echo \"$\(pick(Self.stageNames + ["G", "FULL"]))\" > \(out)"])
        case 5 where features.contains(.hereDocument):
            return .init(
                keyword: "RUN",
                words: ["<<END"],
                document: ["env | sort > \(out)", "echo $X >> \(out)", "END"]
            )
        case 6 where !earlier.isEmpty:
            return .init(keyword: "RUN", flags: ["--mount=type=bind,from=\(pick(earlier)),target=/m"], words: [look])
        default:
            let source = pick(["source=d,", "src=e,", "", "source=${X:-d},", "source=./g/h,", "source=/d/e,"])
            return .init(keyword: "RUN", flags: ["--mount=type=bind,\(source)target=/m"], words: [look])
        }
    }

    private mutating func hereDocument(_ stage: LooseDockerfile.Stage) -> LooseDockerfile.Instruction {
        let word = pick(["<<END", "<<'END'", "<<-END", "<<\"END\""])
        let line = pick(["text", "$X", "COPY a /", "FROM nothing", "RUN ls", "${G:-a}", "# no comment", "\t$Y"])
        return .init(
            keyword: "COPY",
            words: [word, destination()],
            document: [line, "second \(number(0...9))", "END"]
        )
    }
}
