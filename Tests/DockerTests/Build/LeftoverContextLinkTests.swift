import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Docker

@Suite struct LeftoverContextLinkTests {
    private static let name = "docker-cache-context.0123456789abcdef0123456789abcdef"
    private static let otherName = "docker-cache-context.fedcba9876543210fedcba9876543210"

    @Test func aBuildThatRunsKeepsItsOwn() throws {
        try withTemporaryDirectory { directory in
            var random = SystemRandomNumberGenerator()
            let link = try ContextLink(to: directory, in: directory, using: &random)
            #expect(!LeftoverContextLink.remove(link.path.removingLastComponent()))
            #expect(FileManager.default.fileExists(atPath: link.path.appending(".").string))
            link.remove()
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == [])
        }
    }

    @Test func whatNobodyHoldsIsRemoved() throws {
        try withTemporaryDirectory { directory in
            let left = directory.appending(Self.name)
            try FileManager.default.createDirectory(atPath: left.string, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: left.appending("0123456789abcdef0123456789abcdef").string,
                withDestinationPath: directory.string
            )
            #expect(LeftoverContextLink.remove(left))
            #expect(!FileManager.default.fileExists(atPath: left.string))
            #expect(FileManager.default.fileExists(atPath: directory.string))
        }
    }

    @Test func whatIsNotOursStays() throws {
        try withTemporaryDirectory { directory in
            let full = directory.appending(Self.name)
            try FileManager.default.createDirectory(atPath: full.string, withIntermediateDirectories: false)
            try Data().write(to: URL(filePath: full.appending("precious").string))
            let file = directory.appending(Self.otherName)
            try Data().write(to: URL(filePath: file.string))
            for path in [full, file, directory.appending("none"), directory.appending("docker-cache-context.x")] {
                #expect(!LeftoverContextLink.remove(path))
            }
            #expect(FileManager.default.fileExists(atPath: full.appending("precious").string))
            #expect(FileManager.default.fileExists(atPath: file.string))
        }
    }
}
