import CLibrary
import Fingerprint
import TestSupport

/// A context and its Dockerfile, generated from a grammar, with random changes.
struct RandomBuild {
    enum Node {
        case file(String, mode: UInt16)
        case directory(mode: UInt16)
        case link(String)
    }

    private(set) var nodes: [String: Node] = [:]
    private(set) var ignored: [String] = []
    private(set) var lines: [String] = []
    private(set) var arguments: [String: String] = [:]
    private(set) var target: String?
    private let hasBusybox: Bool

    private static let paths = [
        "a", "b", "ab", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/f", "e", "e/a", "e/b", "e/ab", ".h", "l", "d/l",
    ]
    private static let settings = [
        "ARG X", "ARG Y", "ENV Y=b", "ENV X=a Y=$X", "LABEL a=$X", "ARG X=d # Y", "ARG Y=e X=a$Y", "ENV Z=$Y",
        "ARG Z=${X:-e}",
    ]
    private static let directories = ["d", "d/e", "e"]
    private static let sources = [
        "a", "b", "c", "d", "e", "d/", "d/e", "./d/../a", "*", "a*", "?", "d/*", "*/a", "[ab]", "[^a]", "d/?", "**",
        "$X",
        "${Y:-a}", "d/$X", "l", "l/a", "d/l", "d/l/f", "l/*", "d/?/$Y", "$Z", ".", "../a", "d/b", "d*", "none*", "*/*",
        "e/a b", "d*/e/*",
    ]

    init(hasBusybox: Bool, using random: inout SeededGenerator) {
        self.hasBusybox = hasBusybox
        for path in Self.paths where !path.contains("l") && !path.contains(".") { set(path, using: &random) }
        for _ in 0..<3 { changeTree(using: &random) }
        let count = Int.random(in: 1...4, using: &random)
        if Bool.random(using: &random) { lines.append("ARG X=\(Self.directories.pick(&random))") }
        for number in 0..<count {
            lines.append("FROM \(base(number: number, using: &random)) AS s\(number)")
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                lines.append(instruction(number: number, using: &random))
            }
        }
    }

    var dockerfile: String { lines.joined(separator: "\n") + "\n" }

    private func base(number: Int, using random: inout SeededGenerator) -> String {
        let names = (0..<number).map { "s\($0)" } + ["scratch", "scratch"] + (hasBusybox ? [RealBuilder.busybox] : [])
        return names.pick(&random)
    }

    private func instruction(number: Int, using random: inout SeededGenerator) -> String {
        let destination = "/\(["x", "y", "z"].pick(&random))/"
        switch Int.random(in: 0..<(hasBusybox ? 16 : 13), using: &random) {
        case 0..<5: return "COPY \(exclude(using: &random))\(sources(using: &random)) \(destination)"
        case 5: return "ADD \(sources(using: &random)) \(destination)"
        case 6: return "ARG X=\(["a", "b", "d", "e"].pick(&random))"
        case 7: return Self.settings.pick(&random)
        case 8: return "ONBUILD COPY \(sources(using: &random)) \(destination)"
        case 9: return ["# a comment", "", "COPY \\\n  # within\n  a \(destination)", "copy a /"].pick(&random)
        case 10...12 where number > 0:
            let from = Int.random(in: 0..<number, using: &random)
            return "COPY --from=\(["s", "S", ""].pick(&random))\(from) / /from/"
        case 13: return "RUN echo \"$X\" > /out"
        case 14:
            let source = ["d", "e", "", "$X", "l", "d/l"].pick(&random)
            return "RUN --mount=target=/m,source=\(source) find /m > /found"
        case 15: return "RUN --mount=target=/m,src=\(["d", "e", "a"].pick(&random)) cp -r /m /copied"
        default: return "COPY d \(destination)"
        }
    }

    /// Builders before Docker 28 reject it.
    private func exclude(using random: inout SeededGenerator) -> String {
        guard Int.random(in: 0..<12, using: &random) == 0 else { return "" }
        let patterns = [
            "a", "*/a", "**/b", "e/a", "e", "?", "**", "e --exclude=!e/f", "** --exclude=!**/a", "/a", "$X",
        ]
        return "--exclude=\(patterns.pick(&random)) "
    }

    private func sources(using random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...2, using: &random)).map { _ in Self.sources.pick(&random) }.joined(separator: " ")
    }

    private mutating func set(_ path: String, using random: inout SeededGenerator) {
        if path.hasSuffix("l") {
            nodes[path] = .link(["a", "d", "e/a", "../a", "/d/e", "none"].pick(&random))
        } else if Self.directories.contains(path) {
            nodes[path] = .directory(mode: [0o755, 0o700, 0o755].pick(&random))
        } else {
            nodes[path] = .file("\(Int.random(in: 0..<9, using: &random))", mode: [0o644, 0o755, 0o600].pick(&random))
        }
    }

    private mutating func changeTree(using random: inout SeededGenerator) {
        let path = Self.paths.pick(&random)
        if Int.random(in: 0..<4, using: &random) == 0, !Self.directories.contains(path) {
            nodes[path] = nil
        } else {
            set(path, using: &random)
        }
    }

    /// Makes one change of a random kind.
    mutating func change(using random: inout SeededGenerator) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<5: changeTree(using: &random)
        case 5: ignored = [["a"], ["d/e"], ["*", "!d"], ["**/a"], []].pick(&random)
        case 6: arguments[["X", "Y", "Z"].pick(&random)] = ["a", "b", "d", "d/e"].pick(&random)
        case 7: target = [nil, "s0", "S1"].pick(&random)
        case 8: lines.insert(["# new", "", "  "].pick(&random), at: Int.random(in: 1...lines.count, using: &random))
        default:
            let candidates = lines.indices.filter { !lines[$0].hasPrefix("FROM") }
            guard let index = candidates.randomElement(using: &random) else { return }
            // The instruction may go into any stage, so it may refer only to the first one.
            if Bool.random(using: &random) {
                lines[index] = instruction(number: 0, using: &random)
            } else {
                lines.remove(at: index)
            }
        }
    }

    /// Writes the context, and the Dockerfile next to it.
    func write(to tree: Tree) throws {
        for path in nodes.keys.sorted() {
            switch nodes[path] {
            case .file(let content, let mode): try tree.write("ctx/\(path)", content, mode: mode_t(mode))
            case .directory: try tree.makeDirectory("ctx/\(path)")
            case .link(let target): try tree.link("ctx/\(path)", to: target)
            case nil: break
            }
        }
        for case (let path, .directory(let mode)) in nodes { try tree.chmod("ctx/\(path)", mode_t(mode)) }
        try tree.write("ctx/.dockerignore", ignored.joined(separator: "\n"))
        try tree.write("Dockerfile", dockerfile)
    }
}

extension Array {
    /// One of the elements. There must be at least one.
    func pick(_ random: inout SeededGenerator) -> Element { self[Int.random(in: indices, using: &random)] }
}
