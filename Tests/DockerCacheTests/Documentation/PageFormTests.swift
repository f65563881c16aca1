import Testing

/// The form that all pages share.
@Suite struct PageFormTests {
    @Test(arguments: DocumentationPage.all)
    func aTableCellHasNoFullStopAtItsEnd(path: String) throws {
        for row in try DocumentationPage(path).prose where row.hasPrefix("|") {
            #expect(row.matches(of: #/[^.]\. *\|/#).isEmpty, "\(path): \(row)")
        }
    }

    /// Tests check the commands and pipelines. Every other block says what it is, in the comment before it.
    @Test(arguments: DocumentationPage.all)
    func aBlockThatNoTestRunsSaysWhy(path: String) throws {
        for block in try DocumentationPage(path).blocks where !["sh", "console", "yaml"].contains(block.language) {
            #expect(block.whyNotRun != nil || block.source != nil, "\(path):\(block.line)")
        }
    }

    @Test(arguments: DocumentationPage.all.filter { $0.hasPrefix("docs/") })
    func aPageEndsWithLinksToRelatedOnes(path: String) throws {
        let end = try DocumentationPage(path).prose.drop { $0 != "## Related pages" }
        #expect(end.contains { !$0.matches(of: #/\]\([a-z-]+\.md[)#]/#).isEmpty }, "\(path)")
    }
}
