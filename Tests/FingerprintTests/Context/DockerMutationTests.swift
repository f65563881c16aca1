import CLibrary
import Fingerprint
import FoundationEssentials
import Store
import SystemPackage
import TestSupport
import Testing

/// A tree is changed at random again and again. The digest must change exactly when the daemon's copy changes.
@Suite(.enabled(if: RealBuilder.buildKit != nil, "no Docker daemon with BuildKit answers"), .serialized)
struct DockerMutationTests {
    static let trees = 5
    static let changesOfEach = 14

    /// The scans store and reuse hashes, as from one lookup to the next.
    @Test func theDigestChangesExactlyWhenTheImageDoes() throws {
        let seed = DockerContextTests.seed
        print("random changes: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        try withTemporaryDirectory { directory in
            let index = try Index.open(at: directory.appending("index.db"), now: 0).index
            var different = 0
            for number in 0..<Self.trees {
                try withTree { tree in
                    different += try change(tree, "tree \(number) of seed \(seed)", index, directory, &random)
                }
            }
            print("random changes: \(different) of \(Self.trees * Self.changesOfEach) changed the image")
            #expect(different > 0 && different < Self.trees * Self.changesOfEach, "the changes tell nothing apart")
        }
    }

    /// Fills a tree and changes it. Returns how many changes changed the image.
    private func change(
        _ tree: Tree,
        _ name: String,
        _ index: Index,
        _ directory: FilePath,
        _ random: inout SeededGenerator
    ) throws -> Int {
        let ignored = try RandomContext.make(in: tree, using: &random)
        try tree.write("Dockerfile", "FROM scratch\nCOPY . /ctx\n")
        var before = try look(tree, index, directory)
        var different = 0
        for number in 0..<Self.changesOfEach {
            let change = try Change.allCases.randomElement(using: &random)?.apply(to: tree, using: &random)
            let after = try look(tree, index, directory)
            let comment: Comment = "\(name), change \(number): \(change ?? ""); ignore file:\n\(ignored)"
            #expect((before.digest == after.digest) == (before.image == after.image), comment)
            if before.image != after.image { different += 1 }
            before = after
        }
        return different
    }

    /// Our digest of the tree, and the daemon's copy of it.
    private func look(
        _ tree: Tree,
        _ index: Index,
        _ directory: FilePath
    ) throws -> (digest: ContextDigest, image: [ContextEntry]) {
        let builder = try #require(RealBuilder.buildKit)
        let patterns = try BuildContext(root: tree.root, dockerfile: nil).ignorePatterns(dialect: builder.dialect)
        var scanner = ContextScanner(root: tree.root, patterns: patterns)
        // Ten seconds ahead, so that files written just now are old enough for their hashes to be stored.
        let system = ScanClock.system
        scanner.clock = ScanClock(
            now: { system.now() + 10_000_000_000 },
            monotonic: system.monotonic,
            pause: system.pause
        )
        let digest = try scanner.scan(remembering: index.directoryStates, now: 0) { Issue.record($0) }.digest
        let image = try withTemporaryDirectory { place in
            try builder.copy(tree.root, dockerfile: "Dockerfile", to: place)
            return try ContextScanner(root: place.appending("ctx"), patterns: .none).scan().context.entries
        }
        return (digest, image)
    }
}

/// A way to change a tree.
private enum Change: CaseIterable {
    case content, sameSizeAndTime, permissions, directoryPermissions, rename, linkTarget, fileToDirectory,
        directoryToFile, emptyDirectory
    case touch, owner, remove, add

    /// Applies the change to a suitable node, if there is one, and returns a description.
    func apply(to tree: Tree, using random: inout SeededGenerator) throws -> String {
        let entries = try ContextScanner(root: tree.root, patterns: .none).scan().context.entries
            .filter { ![Array(".dockerignore".utf8), Array("Dockerfile".utf8)].contains($0.path) && $0.type != .fifo }
        func pick(_ type: ContextEntryType?) -> String? {
            entries.filter { type == nil || $0.type == type }.randomElement(using: &random)
                .map { String(decoding: $0.path, as: UTF8.self) }
        }
        let fresh = "new\(UInt16.random(in: 0...9999, using: &random))"
        switch self {
        case .content:
            guard let path = pick(.file) else { return "nothing" }
            try tree.write(path, fresh + path)
            return "content of \(path)"
        case .sameSizeAndTime:
            guard let path = pick(.file) else { return "nothing" }
            let time = try tree.modified(path)
            let size = entries.first { String(decoding: $0.path, as: UTF8.self) == path }?.size ?? 0
            let letter = ["x", "y", "z"].randomElement(using: &random) ?? "x"
            try tree.write(path, String(repeating: letter, count: Int(size)))
            try tree.setModified(path, time)
            return "content of \(path), size and time as before"
        case .permissions:
            guard let path = pick(.file) ?? pick(.directory) else { return "nothing" }
            let modes: [mode_t] = [0o644, 0o755, 0o600, 0o4755, 0o1777]
            try tree.chmod(path, modes.randomElement(using: &random) ?? 0o700)
            return "permission bits of \(path)"
        case .directoryPermissions:
            guard let path = pick(.directory) else { return "nothing" }
            let modes: [mode_t] = [0o755, 0o700, 0o775, 0o1777, 0o2755]
            try tree.chmod(path, modes.randomElement(using: &random) ?? 0o700)
            return "permission bits of the directory \(path)"
        case .rename:
            guard let path = pick(nil) else { return "nothing" }
            try tree.move(path, to: fresh)
            return "\(path) is \(fresh)"
        case .linkTarget:
            guard let path = pick(.link) else { return "nothing" }
            try FileManager.default.removeItem(atPath: tree.path(path).string)
            try tree.link(path, to: fresh)
            return "target of \(path)"
        case .fileToDirectory:
            guard let path = pick(.file) else { return "nothing" }
            try FileManager.default.removeItem(atPath: tree.path(path).string)
            try tree.makeDirectory(path)
            return "\(path) is a directory"
        case .directoryToFile:
            guard let path = pick(.directory) else { return "nothing" }
            try FileManager.default.removeItem(atPath: tree.path(path).string)
            try tree.write(path, "file")
            return "\(path) is a file"
        case .emptyDirectory:
            try tree.makeDirectory(fresh)
            return "empty directory \(fresh)"
        case .touch:
            guard let path = pick(nil) else { return "nothing" }
            try tree.setModified(
                path,
                timespec(tv_sec: 1_500_000_000, tv_nsec: Int.random(in: 0..<1000, using: &random))
            )
            return "time of \(path)"
        case .owner:
            guard let path = pick(.file) ?? pick(.directory) else { return "nothing" }
            try tree.chown(path, 1000)
            return "owner of \(path)"
        case .remove:
            guard entries.count > 5, let path = pick(.file) else { return "nothing" }
            try FileManager.default.removeItem(atPath: tree.path(path).string)
            return "\(path) is gone"
        case .add:
            try tree.write((pick(.directory).map { $0 + "/" } ?? "") + fresh, "added")
            return "\(fresh) is new"
        }
    }
}
