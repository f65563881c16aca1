import TestSupport

/// A way to change a scenario. The counts are kept under the raw value.
enum Change: String, CaseIterable {
    case fileContent = "file: content"
    case fileMode = "file: mode"
    case fileAdded = "file: added"
    case fileRemoved = "file: removed"
    case fileIsLink = "file: is a link"
    case linkTarget = "link: target"
    case directoryMode = "directory: mode"
    case directoryAdded = "directory: added"
    case directoryRemoved = "directory: removed"
    case ignoreAdded = "ignore file: line added"
    case ignoreRemoved = "ignore file: line removed"
    case ignoreMoved = "ignore file: beside the Dockerfile, or not"
    case libraryFile = "named context: file"
    case libraryIgnore = "named context: ignore file"
    case argumentValue = "argument: value"
    case argumentAdded = "argument: added"
    case argumentRemoved = "argument: removed"
    case argumentUndeclared = "argument: one that nothing declares"
    case argumentForBuildKit = "argument: one that BuildKit reads"
    case globalDefault = "Dockerfile: default of a global argument"
    case stageDefault = "Dockerfile: default of a stage's argument"
    case environment = "Dockerfile: ENV"
    case order = "Dockerfile: order of instructions"
    case inserted = "Dockerfile: instruction inserted"
    case removed = "Dockerfile: instruction removed"
    case source = "Dockerfile: source"
    case flag = "Dockerfile: flag"
    case document = "Dockerfile: here-document"
    case comment = "Dockerfile: comment, blank line, case"
    case unneeded = "Dockerfile: unneeded stage"
    case base = "Dockerfile: base"
    case stagePlatform = "Dockerfile: platform of a stage"
    case target = "option: target"
    case platform = "option: platform"
    case additionalWithoutEffect = "additional arguments: without effect"
    case additionalWithEffect = "additional arguments: with effect"
    case variable = "environment: variable"

    /// The relative frequency. It balances changes that usually change the image with those that usually do not.
    var weight: Int {
        switch self {
        case .fileContent: 10
        case .fileMode, .fileAdded, .fileRemoved, .source: 5
        case .argumentValue, .globalDefault: 12
        case .argumentAdded: 6
        case .order, .comment, .stagePlatform: 2
        default: 3
        }
    }

    static func random(using maker: inout ScenarioMaker) -> Change {
        maker.pick(allCases.flatMap { Array(repeating: $0, count: $0.weight) })
    }

    /// The scenario with this change; nil if the scenario has nothing to change in this way.
    func applied(to scenario: Scenario, using maker: inout ScenarioMaker) -> Scenario? {
        var changed = scenario
        let isDone =
            switch self {
            case .fileContent, .fileMode, .fileAdded, .fileRemoved, .fileIsLink, .linkTarget, .directoryMode,
                .directoryAdded, .directoryRemoved:
                changeTree(&changed, &maker)
            case .ignoreAdded, .ignoreRemoved, .ignoreMoved, .libraryFile, .libraryIgnore:
                changeIgnored(&changed, &maker)
            case .argumentValue, .argumentAdded, .argumentRemoved, .argumentUndeclared, .argumentForBuildKit, .target,
                .platform, .additionalWithoutEffect, .additionalWithEffect, .variable:
                changeOptions(&changed, &maker)
            default:
                changeDockerfile(&changed, &maker)
            }
        return isDone ? changed : nil
    }

    // MARK: Context

    private func changeTree(_ scenario: inout Scenario, _ maker: inout ScenarioMaker) -> Bool {
        let links = scenario.nodes.filter { if case .link = $0.value { true } else { false } }.keys.sorted()
        switch self {
        case .fileContent:
            let path = maker.pick(scenario.mentionedFiles(&maker))
            guard case .file(let content, let mode) = scenario.nodes[path] else { return false }
            scenario.nodes[path] = .file(content + maker.pick(["!", "\n", ""]) + "x", mode: mode)
        case .fileMode:
            let path = maker.pick(scenario.mentionedFiles(&maker))
            guard case .file(let content, let mode) = scenario.nodes[path] else { return false }
            scenario.nodes[path] = .file(content, mode: mode == "0644" ? "0755" : "0644")
        case .fileAdded:
            let missing = ScenarioMaker.filePaths.filter { scenario.nodes[$0] == nil }
            let fresh = maker.pick(["", "d/", "d/e/", "e/", "g/h/i/"]) + maker.pick(["new", "z", "ac", ".x"])
            let path = missing.isEmpty || maker.chance(60) ? fresh : maker.pick(missing)
            guard scenario.nodes[path] == nil else { return false }
            scenario.nodes[path] = maker.file()
        case .fileRemoved: scenario.nodes[maker.pick(scenario.mentionedFiles(&maker))] = nil
        case .fileIsLink:
            scenario.nodes[maker.pick(scenario.mentionedFiles(&maker))] = .link(
                maker.pick(["b", "e/a", "../b", "none"])
            )
        case .linkTarget:
            guard !links.isEmpty else { return false }
            scenario.nodes[maker.pick(links)] = .link(maker.pick(["b", "e/b", "/d", "f"]))
        case .directoryMode:
            let path = maker.pick(scenario.directories)
            scenario.nodes[path] = .directory(mode: scenario.nodes[path] == .directory(mode: "0755") ? "0700" : "0755")
        case .directoryAdded: scenario.nodes[maker.pick(["n", "d/n", "e/n", "g/h/n"])] = .directory(mode: "0755")
        default: scenario.removeNode(maker.pick(scenario.directories))
        }
        return true
    }

    private func changeIgnored(_ scenario: inout Scenario, _ maker: inout ScenarioMaker) -> Bool {
        switch self {
        case .ignoreAdded:
            let line = maker.chance(70) ? maker.mildPattern() : maker.pick(["*/a", "!b", "!e/b", "**", "a", "!d/e/f"])
            scenario.ignored.insert(line, at: maker.number(0...scenario.ignored.count))
        case .ignoreRemoved:
            guard !scenario.ignored.isEmpty else { return false }
            scenario.ignored.remove(at: maker.number(0...(scenario.ignored.count - 1)))
        case .ignoreMoved:
            guard !scenario.ignored.isEmpty else { return false }
            scenario.ignoresBesideDockerfile.toggle()
        case .libraryFile:
            guard !scenario.library.isEmpty else { return false }
            let path = maker.pick(["a", "b", "d/a", "new"])
            scenario.library[path] = scenario.library[path] == nil || maker.chance(70) ? maker.file() : nil
        default:
            guard !scenario.library.isEmpty else { return false }
            scenario.libraryIgnored = scenario.libraryIgnored.isEmpty ? [maker.pick(["a", "b", "d", "none"])] : []
        }
        return true
    }

    // MARK: Options

    private func changeOptions(_ scenario: inout Scenario, _ maker: inout ScenarioMaker) -> Bool {
        let names = ScenarioMaker.stageNames + ScenarioMaker.globalNames
        switch self {
        case .argumentValue:
            guard !scenario.arguments.isEmpty else { return false }
            let index = maker.number(0...(scenario.arguments.count - 1))
            let parts = scenario.arguments[index].split(separator: "=", maxSplits: 1).map(String.init)
            let value = maker.pick(ScenarioMaker.values)
            guard parts.count == 2 else {
                scenario.environment[parts[0]] = maker.chance(80) ? value : nil
                return true
            }
            scenario.arguments[index] = "\(parts[0])=\(value)"
        case .argumentAdded:
            let declared = names.filter { scenario.dockerfile.text.contains("ARG \($0)") }
            scenario.arguments.append(maker.given(maker.pick(declared.isEmpty ? names : declared), &scenario))
        case .argumentRemoved:
            guard !scenario.arguments.isEmpty else { return false }
            scenario.arguments.remove(at: maker.number(0...(scenario.arguments.count - 1)))
        case .argumentUndeclared: scenario.arguments.append("UNUSED=\(maker.number(2...9))")
        case .argumentForBuildKit:
            scenario.arguments.append(
                maker.pick([
                    "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", "BUILDKIT_MULTI_PLATFORM=0",
                    "BUILDKIT_DOCKERFILE_CHECK=skip=all",
                ])
            )
        case .target:
            let stages = scenario.dockerfile.stages.compactMap(\.name)
            let target = stages.isEmpty ? nil : maker.pick(stages.map(Optional.some) + [nil])
            guard target != scenario.target else { return false }
            scenario.target = target
        case .platform:
            if maker.chance(25) {
                let platform = maker.pick(["linux/amd64", "linux/arm64"])
                scenario.environment["DOCKER_DEFAULT_PLATFORM"] = platform
            } else if maker.chance(25), scenario.platform != nil {
                scenario.additional += ["--platform", scenario.platform ?? ""]
                scenario.platform = nil
            } else {
                let platform = maker.pick([nil, "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6"])
                guard platform != scenario.platform else { return false }
                scenario.platform = platform
            }
        case .additionalWithoutEffect:
            var words = [
                ["--progress=plain"], ["--progress", "plain"], ["--iidfile", "iid"], ["--force-rm"], ["--rm=true"],
            ]
            if maker.features.contains(.buildx) {
                words += [["--load"], ["--metadata-file=metadata"], ["--provenance=false"]]
            }
            scenario.additional += maker.pick(words)
        case .additionalWithEffect:
            let names = scenario.dockerfile.stages.compactMap(\.name)
            var words = [
                ["--label", "added=\(maker.number(0...9))"],
                ["--build-arg", "\(maker.pick(["X", "Y", "G"]))=\(maker.pick(ScenarioMaker.values))"],
            ]
            if !names.isEmpty { words.append(["--target=\(maker.pick(names))"]) }
            scenario.additional += maker.pick(words)
        default:
            let variable = maker.pick([
                ("UNRELATED", "1"), ("X", "b"), ("SOURCE_DATE_EPOCH", "1000"), ("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"),
                ("BUILDKIT_PROGRESS", "plain"), ("Y", "d"),
            ])
            scenario.environment[variable.0] = variable.1
        }
        return true
    }
}
