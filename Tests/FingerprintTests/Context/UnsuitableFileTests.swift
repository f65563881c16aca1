import CLibrary
import Fingerprint
import SystemPackage
import TestSupport
import Testing

/// Unsuitable files at the path of a Dockerfile or an ignore file: each is an error, without waiting and without
/// reading all of it (issue 16).
@Suite struct UnsuitableFileTests {
    private static let dialect = IgnoreDialect(clientMajor: 28, usesBuildKit: false)

    private static func withContext(_ body: (Tree, BuildContext) throws -> Void) throws {
        try withTree { tree in
            try tree.makeDirectory("context")
            let root = tree.path("context")
            try body(tree, BuildContext(root: root, dockerfile: root.appending("Dockerfile")))
        }
    }

    @Test(arguments: [".dockerignore", "Dockerfile"])
    func aDeviceIsNotRead(name: String) throws {
        try Self.withContext { tree, context in
            try tree.link("context/\(name)", to: "/dev/zero")
            let path = tree.path("context/\(name)")
            #expect(throws: ContextError.notAFile(path: path)) { try Self.read(name, of: context) }
        }
    }

    @Test(arguments: [".dockerignore", "Dockerfile"])
    func nothingWaitsForAFIFO(name: String) throws {
        try Self.withContext { tree, context in
            let path = tree.path("context/\(name)")
            try #require(mkfifo(path.string, 0o600) == 0)
            #expect(throws: ContextError.notAFile(path: path)) { try Self.read(name, of: context) }
        }
    }

    @Test(arguments: [".dockerignore", "Dockerfile"])
    func aFileThatIsTooLargeIsNotReadToItsEnd(name: String) throws {
        try Self.withContext { tree, context in
            let path = tree.path("context/\(name)")
            let file = try FileDescriptor.open(path, .writeOnly, options: [.create], permissions: .ownerReadWrite)
            // A sparse file, which takes no space.
            try file.closeAfter { try #require(ftruncate(file.rawValue, 1 << 40) == 0) }
            #expect(throws: ContextError.tooLarge(path: path, bytes: 16 << 20)) { try Self.read(name, of: context) }
        }
    }

    private static func read(_ name: String, of context: BuildContext) throws {
        if name == "Dockerfile" {
            _ = try context.dockerfileContent(dialect: dialect)
        } else {
            _ = try context.ignoreFile(dialect: dialect)
        }
    }
}
