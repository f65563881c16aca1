import FoundationEssentials

/// A page of the documentation, parsed for the tests.
struct DocumentationPage {
    /// A fenced block with an example.
    struct Block {
        /// The line number, from 1.
        let line: Int
        /// The language after the fence, such as `yaml`.
        let language: String
        let text: String
        /// Why no test runs it, from the comment before it.
        let whyNotRun: String?
        /// What printed it, from the comment before it.
        let source: String?
    }

    /// The path from the root of the repository.
    let path: String
    let lines: [String]
    let blocks: [Block]
    /// Lines outside blocks.
    let prose: [String]

    init(_ path: String) throws {
        self.path = path
        lines = try OptionTableTests.text(path).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        var blocks: [Block] = []
        var prose: [String] = []
        var begin: (line: Int, language: String, before: String)?
        var content: [String] = []
        for (number, line) in lines.enumerated() {
            let fence = line.prefix { $0 == " " }.count <= 3 && line.drop { $0 == " " }.hasPrefix("```")
            switch (fence, begin) {
            case (true, nil):
                let language = line.drop { $0 == " " || $0 == "`" }
                begin = (number + 1, String(language), number > 0 ? lines[number - 1] : "")
                content = []
            case (true, let start?):
                blocks.append(
                    Block(
                        line: start.line,
                        language: start.language,
                        text: content.joined(separator: "\n"),
                        whyNotRun: Self.comment("not run", start.before),
                        source: Self.comment("output of", start.before)
                    )
                )
                begin = nil
            case (false, nil): prose.append(line)
            case (false, _): content.append(line)
            }
        }
        self.blocks = blocks
        self.prose = prose
    }

    /// The text of the comment that begins with `word`.
    private static func comment(_ word: String, _ line: String) -> String? {
        let start = "<!-- \(word): "
        guard line.hasPrefix(start), line.hasSuffix(" -->") else { return nil }
        return String(line.dropFirst(start.count).dropLast(" -->".count))
    }

    /// The anchors that GitHub generates for the headings.
    var anchors: Set<String> {
        var found: Set<String> = []
        for line in prose where line.hasPrefix("#") {
            let title = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
            let kept = title.unicodeScalars.filter { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "-_ ".unicodeScalars.contains(scalar)
            }
            let slug = String(String.UnicodeScalarView(kept)).map { $0 == " " ? "-" : String($0) }.joined()
            var unique = slug
            var count = 0
            while found.contains(unique) {
                count += 1
                unique = "\(slug)-\(count)"
            }
            found.insert(unique)
        }
        return found
    }

    /// The targets of the links, as written.
    var links: [String] {
        prose.flatMap { line in line.matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.output.1) } }
    }

    /// All pages below docs/, and those at the root.
    static let all: [String] = {
        let docs = (try? FileManager.default.contentsOfDirectory(atPath: "\(OptionTableTests.root.path)/docs")) ?? []
        return ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
            + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }()
}
