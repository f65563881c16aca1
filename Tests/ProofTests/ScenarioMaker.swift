import TestSupport

/// Generates random scenarios. Most of them can be built. The rest are generated again.
struct ScenarioMaker {
    let features: Set<Feature>
    var random: SeededGenerator
    /// Written into every file, so that builds of different families share no step that copies a file.
    private let family: Int
    /// The number of destinations so far, so that no instruction overwrites another's copy.
    private var destinations = 0

    static let busybox = "docker-cache-test/busybox"
    static let filePaths = [
        "a", "b", "ab", "c", "d/a", "d/b", "d/e/a", "d/e/f", "e/a", "e/b", "e/ab", ".h", "g/h/i/j", "g/k",
    ]
    static let directoryPaths = ["d", "d/e", "e", "g", "g/h", "g/h/i"]
    static let modes = ["0644", "0644", "0755", "0600"]
    static let globalNames = ["G", "H"]
    static let stageNames = ["X", "Y", "Z"]
    static let values = ["a", "b", "d", "e", "d/e", "ab"]

    init(features: Set<Feature>, seed: UInt64, family: Int) {
        self.features = features
        self.family = family
        random = SeededGenerator(seed: seed)
    }

    mutating func chance(_ percent: Int) -> Bool { random.chance(percent) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { random.pick(elements) }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func destination() -> String {
        destinations += 1
        return "/i\(destinations)"
    }

    mutating func scenario() -> Scenario {
        destinations = 0
        var scenario = Scenario()
        for path in Self.directoryPaths { scenario.nodes[path] = .directory(mode: pick(["0755", "0755", "0700"])) }
        for path in Self.filePaths where !chance(8) { scenario.nodes[path] = file() }
        if chance(40) { scenario.nodes["l"] = .link(pick(["a", "d", "e/a", "none"])) }
        if chance(30) { scenario.nodes["d/l"] = .link(pick(["a", "../b", "e"])) }
        if chance(40) { scenario.ignored = (0..<number(1...2)).map { _ in mildPattern() } }
        scenario.ignoresBesideDockerfile = chance(15)
        scenario.isDockerfileInContext = chance(25)
        if features.contains(.namedContext), chance(20) {
            for path in ["a", "b", "d/a"] { scenario.library[path] = file() }
            if chance(40) { scenario.libraryIgnored = [pick(["b", "d", "none"])] }
            scenario.additional += ["--build-context", "lib=@lib@"]
        }
        if chance(20) {
            scenario.platform = pick(["linux/amd64", "linux/arm64", "linux/arm64", "linux/arm/v7"])
        }
        scenario.dockerfile = dockerfile(scenario)
        for name in Self.stageNames + Self.globalNames
        where chance(scenario.dockerfile.text.contains("ARG \(name)") ? 35 : 5) {
            scenario.arguments.append(given(name, &scenario))
        }
        if chance(5) { scenario.arguments.append("UNUSED=1") }
        let names = scenario.dockerfile.stages.compactMap(\.name)
        if chance(10), !names.isEmpty { scenario.target = pick(names) }
        return scenario
    }

    /// `NAME=value`, or `NAME` with the value in the environment.
    mutating func given(_ name: String, _ scenario: inout Scenario) -> String {
        let value = pick(Self.values)
        if chance(20) {
            scenario.environment[name] = value
            return name
        }
        return "\(name)=\(value)"
    }

    mutating func file() -> Scenario.Node { .file("content \(number(0...99)) of \(family)", mode: pick(Self.modes)) }

    mutating func mildPattern() -> String { pick(["b", "d/e", "**/ab", "none", "e/b", "g", "# comment", "/c", "d/?"]) }
}
