import Fingerprint
import SystemPackage
import TestSupport
import Testing

/// The content that builders read if an ignore file or the Dockerfile is a link. Each case was tried with Docker 20.10,
/// 26.1 and 28.5, and with the legacy builder. `ignore.bats` checks them with the daemon.
@Suite struct IgnoreFileLinkTests {
    /// Runs `body` with a directory `context`, and next to it a file `outside` with the content `outside`.
    static func withContext(_ body: (Tree, FilePath) throws -> Void) throws {
        try withTree { tree in
            try tree.write("outside", "outside")
            try tree.makeDirectory("context")
            try body(tree, tree.path("context"))
        }
    }

    static func content(_ context: BuildContext, _ dialect: IgnoreDialect) throws -> String? {
        try context.ignoreFile(dialect: dialect).map { String(decoding: $0.content, as: UTF8.self) }
    }

    static let links: [(target: String, inner: String?, buildKit: String?, legacy: String?)] = [
        ("../outside", nil, nil, "outside"),
        ("../outside", "outside", "inner", "outside"),
        ("ROOT/outside", nil, nil, "outside"),
        ("inside", "inside", "inner", "inner"),
        ("sub/inside", "sub/inside", "inner", "inner"),
        ("/inside", "inside", "inner", nil),
        ("../../../inside", "inside", "inner", nil),
        ("sub/../inside", "inside", "inner", nil),
        ("nothing", nil, nil, nil),
        (".", nil, nil, nil),
    ]

    @Test(arguments: links)
    func buildKitFollowsALinkWithinTheDirectory(
        link: (target: String, inner: String?, buildKit: String?, legacy: String?)
    ) throws {
        for name in [".dockerignore", "Dockerfile.dockerignore"] {
            try Self.withContext { tree, root in
                let target = link.target.replacing("ROOT", with: tree.root.string)
                if let inner = link.inner { try tree.write("context/\(inner)", "inner") }
                try tree.link("context/\(name)", to: target)
                let context = BuildContext(root: root, dockerfile: root.appending("Dockerfile"))
                #expect(try Self.content(context, .current) == link.buildKit)
                #expect(try Self.content(context, .docker20) == link.buildKit)
                if name == ".dockerignore", link.target != "." {
                    #expect(try Self.content(context, .legacy) == link.legacy)
                    #expect(try context.dependsOnDialect() == (link.buildKit != link.legacy))
                }
            }
        }
    }

    @Test func aCircleIsNoIgnoreFile() throws {
        try Self.withContext { tree, root in
            try tree.link("context/.dockerignore", to: "other")
            try tree.link("context/other", to: ".dockerignore")
            #expect(try Self.content(BuildContext(root: root, dockerfile: nil), .current) == nil)
        }
    }

    @Test(
        arguments: [
            ("way/ignore", "real/deep", "inner"), ("way/ignore", "/real/deep", "inner"),
            ("way/ignore", "ROOT/real/deep", nil),
            ("way/../ignore", "real/deep", "outer"), ("nothing/../ignore", "real/deep", "outer"),
        ] as [(String, String, String?)]
    )
    func linksToDirectoriesOnTheWayAreFollowedAndParentsAreNot(target: String, way: String, expected: String?) throws {
        try Self.withContext { tree, root in
            try tree.write("context/real/deep/ignore", "inner")
            try tree.write("context/real/ignore", "beside")
            try tree.write("context/ignore", "outer")
            try tree.link("context/way", to: way.replacing("ROOT", with: root.string))
            try tree.link("context/.dockerignore", to: target)
            #expect(try Self.content(BuildContext(root: root, dockerfile: nil), .current) == expected)
        }
    }

    @Test(
        arguments: [
            ("../outside", nil, "outside", "outside"), ("../outside", "outside", "inner", "outside"),
            ("inside", "inside", "inner", "inner"),
        ] as [(String, String?, String, String)]
    )
    func theDockerfileIsReadAsItsBuilderReadsIt(
        target: String,
        inner: String?,
        buildKit: String,
        legacy: String
    ) throws {
        try Self.withContext { tree, root in
            if let inner { try tree.write("context/\(inner)", "inner") }
            try tree.link("context/Dockerfile", to: target)
            let context = BuildContext(root: root, dockerfile: root.appending("Dockerfile"))
            #expect(try context.dockerfileContent(dialect: .current) == Array(buildKit.utf8))
            #expect(try context.dockerfileContent(dialect: .legacy) == Array(legacy.utf8))
        }
    }

    @Test func theDirectoryOfADockerfileOutsideIsKnown() throws {
        try Self.withContext { tree, root in
            try tree.write("context/sub/Dockerfile")
            try tree.write("beside/Dockerfile")
            func beside(_ path: String) -> FilePath? {
                BuildContext(root: root, dockerfile: tree.path(path)).directoryBeside
            }
            #expect(beside("context/Dockerfile") == nil)
            #expect(beside("context/sub/Dockerfile") == nil)
            #expect(beside("beside/Dockerfile") == tree.path("beside"))
            #expect(beside("Dockerfile") == tree.root)
        }
    }
}
