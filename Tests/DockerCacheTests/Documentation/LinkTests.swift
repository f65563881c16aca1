import FoundationEssentials
import Testing

/// Links have valid targets, and every page is linked.
@Suite struct LinkTests {
    /// The target of a link on a page: the path from the root of the repository, and the anchor.
    private static func target(_ link: String, on page: String) -> (path: String, anchor: String?) {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let anchor = parts.count == 2 ? parts[1] : nil
        guard !parts[0].isEmpty else { return (page, anchor) }
        var components = page.split(separator: "/").dropLast().map(String.init)
        for component in parts[0].split(separator: "/") {
            switch component {
            case ".": break
            case "..": components = components.dropLast()
            default: components.append(String(component))
            }
        }
        return (components.joined(separator: "/"), anchor)
    }

    @Test(arguments: DocumentationPage.all)
    func everyLinkLeadsToAFileAndToAHeadingInIt(path: String) throws {
        for link in try DocumentationPage(path).links where !link.contains("://") {
            let (target, anchor) = Self.target(link, on: path)
            let exists = FileManager.default.fileExists(atPath: OptionTableTests.root.appending(path: target).path)
            #expect(exists, "\(path): \(link)")
            if let anchor, exists {
                #expect(try DocumentationPage(target).anchors.contains(anchor), "\(path): \(link)")
            }
        }
    }

    /// Terminal pictures also contain their content as text, and are small.
    @Test func everyPictureHasATextAlternative() throws {
        let pictures = try DocumentationPage("README.md").prose.flatMap { line in
            line.matches(of: #/!\[([^\]]*)\]\(([^)]+)\)/#).map { (text: $0.output.1, path: String($0.output.2)) }
        }
        #expect(pictures.count == 4)
        for (text, path) in pictures {
            #expect(text.count > 40, "\(path)")
            let size = try Data(contentsOf: OptionTableTests.root.appending(path: path)).count
            #expect(size < 60_000, "\(path)")
            guard path.hasSuffix(".svg") else { continue }
            let picture = try OptionTableTests.text(path)
            #expect(picture.contains("<title id=\"t\">") && picture.contains("<desc id=\"d\">$ docker-cache "))
        }
    }

    @Test func theReadmeLeadsToEveryPage() throws {
        let linked = Set(try DocumentationPage("README.md").links.map { Self.target($0, on: "README.md").path })
        #expect(DocumentationPage.all.filter { $0 != "README.md" && !linked.contains($0) } == [])
    }

    /// GitHub's rules: letters, digits, hyphens and underscores stay, and a space becomes a hyphen.
    @Test func headingsHaveTheAnchorsOfGitHub() throws {
        let anchors = try DocumentationPage("docs/keys.md").anchors
        #expect(anchors.isSuperset(of: ["why-did-it-miss", "leave-git-out-of-the-context", "what-add-fetches"]))
    }
}
