import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Docker

@Suite struct ContextLinkTests {
    private var random = SystemRandomNumberGenerator()

    @Test mutating func everyLinkHasAnotherNameAndLeadsToTheContext() throws {
        try withTemporaryDirectory { directory in
            let first = try ContextLink(to: directory, in: directory, using: &random)
            let second = try ContextLink(to: directory, in: directory, using: &random)
            #expect(first.path != second.path)
            #expect(first.path.lastComponent != second.path.lastComponent, "buildx knows it by that alone")
            for link in [first, second] {
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.path.string)
                #expect(target == directory.string)
                link.remove()
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == [])
        }
    }

    @Test mutating func aRelativeContextIsFoundFromTheLink() throws {
        try withTemporaryDirectory { directory in
            let link = try ContextLink(to: ".", in: directory, using: &random)
            defer { link.remove() }
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.path.string)
            #expect(target.hasPrefix("/"))
        }
    }

    @Test mutating func withoutATemporaryDirectoryThereIsNoLink() {
        #expect(throws: Errno.noSuchFileOrDirectory) { try ContextLink(to: ".", in: "/nowhere", using: &random) }
    }
}
