import CLibrary
import TestSupport

/// Trees with few names, so that patterns match them.
enum RandomContext {
    private static let names = ["a", "b", "ab", "c", "foo", "x.go", "y.go", ".x", "é", "a b", "d1", "[a]", "a+"]
    private static let parts = [
        "a", "b", "ab", "*", "*", "**", "?", "[ab]", "[^a]", "[a-c]", "*.go", "x.go", "foo", "a*", "*b", ".*", "é",
        "\\a*",
        "a?", "d[0-9]", "\\[a]", ".", "..", "**.go",
    ]

    /// Fills the tree, and returns the content of its ignore file.
    static func make(in tree: Tree, using random: inout SeededGenerator) throws -> String {
        try fill(tree, below: "", depth: 0, using: &random)
        var lines: [String] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let count = Int.random(in: 1...3, using: &random)
            let pattern = (0..<count).map { _ in parts.randomElement(using: &random) ?? "a" }.joined(separator: "/")
            let prefix = ["", "", "", "!", "!", "/", "!/", " ", "./"].randomElement(using: &random) ?? ""
            lines.append(prefix + pattern + (["", "", "/", " "].randomElement(using: &random) ?? ""))
        }
        let content = lines.joined(separator: Bool.random(using: &random) ? "\n" : "\r\n")
        try tree.write(".dockerignore", content)
        return content
    }

    private static func fill(
        _ tree: Tree,
        below directory: String,
        depth: Int,
        using random: inout SeededGenerator
    ) throws {
        for name in names where Int.random(in: 0..<3, using: &random) == 0 {
            let path = directory + name
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4 where depth < 3:
                try tree.makeDirectory(path)
                try fill(tree, below: path + "/", depth: depth + 1, using: &random)
                try tree.chmod(path, [0o755, 0o755, 0o700, 0o1777, 0o2755].randomElement(using: &random) ?? 0o755)
            case 4: try tree.link(path, to: ["a", "../b", "/none", "é"].randomElement(using: &random) ?? "a")
            case 5: try tree.makeFIFO(path)
            default:
                let mode: mode_t = [0o644, 0o755, 0o600, 0o4755, 0o444].randomElement(using: &random) ?? 0o644
                try tree.write(path, "\(Int.random(in: 0..<100, using: &random))", mode: mode)
            }
        }
    }
}
