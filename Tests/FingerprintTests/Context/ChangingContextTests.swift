import CLibrary
import Fingerprint
import Synchronization
import SystemPackage
import Testing

/// Files that change, appear or vanish while they are read, or that cannot be read.
@Suite struct ChangingContextTests {
    /// Scans on one thread. `change` gets the number of each clock query, which comes before every file and directory.
    private func scan(_ tree: Tree, change: @escaping @Sendable (Int) -> Void) throws -> ContextScanner.Outcome {
        var scanner = try tree.scanner(ignoring: "")
        scanner.threads = 0
        scanner.clock = TestClock(onCall: change).scanClock
        return try scanner.scan()
    }

    @Test func aFileThatChangesWhileItIsReadIsReadAgain() throws {
        try withTree { tree in
            try tree.write("file", "one")
            let outcome = try scan(tree) { call in
                if (3...5).contains(call) {
                    try? tree.write("file", "changed \(call)")
                }
            }
            #expect(try outcome.context.digest == tree.digest(ignoring: ""))
            #expect(outcome.changes.isEmpty)
        }
    }

    @Test func aFileThatKeepsChangingIsAnError() throws {
        try withTree { tree in
            try tree.write("sub/file", "one")
            let error = #expect(throws: ContextError.self) {
                _ = try scan(tree) { call in
                    try? tree.write("sub/file", String(repeating: "x", count: call))
                }
            }
            #expect(error == .changing(path: tree.path("sub/file")))
            #expect(error?.description.contains("The context keeps changing") == true)
        }
    }

    @Test func aDirectoryThatKeepsChangingIsAnError() throws {
        try withTree { tree in
            try tree.write("sub/file", "one")
            #expect(throws: ContextError.self) {
                _ = try scan(tree) { call in try? tree.write("new\(call)", "") }
            }
        }
    }

    @Test func filesThatComeAndGoInTheBeginningAreCountedAsTheyAreInTheEnd() throws {
        try withTree { tree in
            for number in 0..<20 {
                try tree.write("d\(number)/f", "\(number)")
            }
            let outcome = try scan(tree) { call in
                if call < 5 {
                    try? tree.remove("d\(call)/f")
                    try? tree.remove("d\(call)")
                    try? tree.write("d19/g\(call)", "g")
                }
            }
            #expect(try outcome.context.digest == tree.digest(ignoring: ""))
        }
    }

    @Test func aFileThatBecomesALinkIsNotFollowed() throws {
        try withTree { tree in
            try tree.write("sub/file", "one")
            try tree.write("secret", "do not read")
            let outcome = try scan(tree) { call in
                if call == 5 {
                    try? tree.remove("sub/file")
                    try? tree.link("sub/file", to: "../secret")
                }
            }
            #expect(outcome.context.entry(at: Array("sub/file".utf8))?.type == .link)
            #expect(try outcome.context.digest == tree.digest(ignoring: ""))
        }
    }

    @Test func anUnreadableFileIsNamedAndAnIgnoredOneHarmsNothing() throws {
        try withTree { tree in
            try tree.chmod(".", 0o755)
            try tree.write("sub/closed", "x", mode: 0o000)
            try tree.write("hidden/closed", "x", mode: 0o000)
            try tree.makeDirectory("locked")
            try tree.chmod("locked", 0o000)
            try asNobody {
                var scanner = try tree.scanner(ignoring: "locked\nhidden")
                scanner.threads = 0
                #expect(throws: ContextError.unreadable(path: tree.path("sub/closed"), reason: .permissionDenied)) {
                    try scanner.scan()
                }
                scanner = try tree.scanner(ignoring: "locked\nhidden\nsub/closed")
                scanner.threads = 0
                #expect(try scanner.scan().context.entries.map(\.line) == ["directory 755 sub"])
                scanner = try tree.scanner(ignoring: "locked\nhidden\nsub\n!**/kept")
                scanner.threads = 0
                #expect(try scanner.scan().context.entries.isEmpty)
                scanner = try tree.scanner(ignoring: "hidden\nsub")
                scanner.threads = 0
                #expect(throws: ContextError.unreadable(path: tree.path("locked"), reason: .permissionDenied)) {
                    try scanner.scan()
                }
            }
            try tree.chmod("locked", 0o700)
        }
    }

    /// Runs `body` with the file permissions of a user who owns nothing, on this thread only.
    private func asNobody(_ body: () throws -> Void) throws {
        typealias SetUser = @convention(c) (uid_t) -> CInt
        guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else {
            return try body()
        }
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        _ = setUser(65534)
        defer { _ = setUser(0) }
        try body()
    }

    @Test func aRootThatIsNoDirectoryIsAnError() throws {
        try withTree { tree in
            try tree.write("file", "")
            for name in ["file", "none"] {
                #expect(throws: ContextError.noDirectory(root: tree.path(name))) {
                    try ContextScanner(root: tree.path(name), patterns: .none).scan()
                }
            }
        }
    }

    @Test func aTreeMayBeDeeperThanTheLongestPath() throws {
        try withTree { tree in
            let name = String(repeating: "d", count: 100)
            var descriptor = try FileDescriptor.open(tree.root, .readOnly)
            let depth = 300
            for level in 0..<depth {
                #expect(mkdirat(descriptor.rawValue, name, 0o755) == 0)
                #expect(mkdirat(descriptor.rawValue, "side", 0o755) == 0)
                let next = openat(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY)
                try descriptor.close()
                descriptor = FileDescriptor(rawValue: next)
                #expect(next >= 0, "level \(level)")
            }
            let file = openat(descriptor.rawValue, "file", O_CREAT | O_WRONLY, 0o644)
            #expect(file >= 0)
            close(file)
            try descriptor.close()
            let outcome = try tree.scanner(ignoring: "").scan()
            #expect(outcome.context.statistics.walked == 2 * depth + 1)
            #expect(outcome.context.entries.map(\.path.count).max() == depth * 101 + 4)

            // The removal of the tree afterwards uses whole paths.
            while (try? tree.move("\(name)/\(name)", to: "next")) != nil {
                try tree.remove("\(name)/side")
                try tree.remove(name)
                try tree.move("next", to: name)
            }
        }
    }

    @Test func progressIsReportedAndEndsComplete() throws {
        try withTree { tree in
            for number in 0..<10 {
                try tree.write("f\(number)", "12345")
            }
            let last = Mutex(ScanProgress(files: 0, bytes: 0))
            var scanner = try tree.scanner(ignoring: "")
            scanner.progress = { progress in last.withLock { $0 = progress } }
            _ = try scanner.scan()
            #expect(last.withLock { $0 } == ScanProgress(files: 10, bytes: 50))
        }
    }
}
