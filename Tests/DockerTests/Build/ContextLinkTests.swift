import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Docker

@Suite struct ContextLinkTests {
    @Test func everyLinkHasAnotherNameAndLeadsToTheContext() throws {
        try withTemporaryDirectory { directory in
            let first = try ContextLink(to: directory, in: directory)
            let second = try ContextLink(to: directory, in: directory)
            #expect(first.path != second.path)
            for link in [first, second] {
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.path.string)
                #expect(target == directory.string)
                link.remove()
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == [])
        }
    }

    @Test func aRelativeContextIsFoundFromTheLink() throws {
        try withTemporaryDirectory { directory in
            let link = try ContextLink(to: ".", in: directory)
            defer { link.remove() }
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.path.string)
            #expect(target.hasPrefix("/"))
        }
    }

    @Test func withoutATemporaryDirectoryThereIsNoLink() {
        #expect(throws: Errno.noSuchFileOrDirectory) { try ContextLink(to: ".", in: "/nowhere") }
    }
}
