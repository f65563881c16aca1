import Fingerprint
import SystemPackage
import TestSupport
import Testing

@Suite struct FileContentTests {
    static func identity(_ tree: Tree, _ name: String) throws -> [UInt8] {
        try FileContent.identity(tree.path(name)) { Array("directory \($0.lastComponent?.string ?? "")".utf8) }
    }

    @Test func permissionBitsAndContentOfAFileCount() throws {
        try withTree { tree in
            try tree.write("file", "a")
            let first = try Self.identity(tree, "file")
            try tree.chmod("file", 0o755)
            let executable = try Self.identity(tree, "file")
            try tree.write("file", "b", mode: 0o755)
            let other = try Self.identity(tree, "file")
            #expect(Set([first, executable, other]).count == 3)
            try tree.write("file", "a", mode: 0o644)
            #expect(try Self.identity(tree, "file") == first)
        }
    }

    @Test func whatALinkSaysAndWhatItLeadsToCount() throws {
        try withTree { tree in
            try tree.write("one", "a")
            try tree.write("two", "a")
            try tree.link("link", to: "one")
            let one = try Self.identity(tree, "link")
            #expect(try one != Self.identity(tree, "one"))
            try tree.remove("link")
            try tree.link("link", to: "two")
            let two = try Self.identity(tree, "link")
            #expect(two != one)
            try tree.write("two", "b")
            #expect(try Self.identity(tree, "link") != two)
            try tree.makeDirectory("directory")
            try tree.remove("link")
            try tree.link("link", to: "directory")
            #expect(try Self.identity(tree, "link") != Self.identity(tree, "directory"))
        }
    }
}
