import CLibrary
import Fingerprint
import SystemPackage
import Synchronization
import TestSupport

/// A directory with files for one test.
struct Tree {
    let root: FilePath

    func path(_ name: String) -> FilePath { root.appending(name) }

    /// Writes a file, and creates the directories above it.
    func write(_ name: String, _ content: String = "", mode: mode_t = 0o644) throws {
        try makeDirectory(path(name).removingLastComponent())
        let descriptor = try FileDescriptor.open(
            path(name),
            .writeOnly,
            options: [.create, .truncate],
            permissions: FilePermissions(rawValue: mode)
        )
        try descriptor.closeAfter { _ = try descriptor.writeAll(content.utf8) }
        try chmod(name, mode)
    }

    func makeDirectory(_ name: String) throws { try makeDirectory(path(name)) }

    private func makeDirectory(_ directory: FilePath) throws {
        guard mkdir(directory.string, 0o755) != 0, errno != EEXIST else {
            return
        }
        guard errno == ENOENT else {
            throw Errno(rawValue: errno)
        }
        try makeDirectory(directory.removingLastComponent())
        try check(mkdir(directory.string, 0o755))
    }

    func link(_ name: String, to target: String) throws { try check(symlink(target, path(name).string)) }

    func hardLink(_ name: String, to other: String) throws {
        try check(Glibc.link(path(other).string, path(name).string))
    }

    func move(_ name: String, to other: String) throws { try check(rename(path(name).string, path(other).string)) }

    func remove(_ name: String) throws {
        try check(Glibc.remove(path(name).string))
    }

    func chmod(_ name: String, _ mode: mode_t) throws { try check(Glibc.chmod(path(name).string, mode)) }

    func chown(_ name: String, _ owner: uid_t) throws { try check(Glibc.chown(path(name).string, owner, owner)) }

    /// The modification time.
    func modified(_ name: String) throws -> timespec {
        var status = stat()
        try check(lstat(path(name).string, &status))
        return status.st_mtim
    }

    func setModified(_ name: String, _ time: timespec) throws {
        let times = [time, time]
        try check(utimensat(AT_FDCWD, path(name).string, times, AT_SYMLINK_NOFOLLOW))
    }

    func makeFIFO(_ name: String) throws { try check(mkfifo(path(name).string, 0o600)) }

    func makeDevice(_ name: String, _ type: mode_t, major: UInt32, minor: UInt32) throws {
        try check(mknod(path(name).string, type | 0o600, dev_t(major << 8 | minor)))
    }

    private func check(_ status: CInt) throws {
        guard status == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    /// A scanner with the tree's `.dockerignore`, or with `ignoring`.
    func scanner(ignoring: String? = nil) throws -> ContextScanner {
        let patterns =
            try ignoring.map { try IgnorePatterns(parsing: Array($0.utf8), file: "ignore") }
            ?? BuildContext(root: root, dockerfile: nil).ignorePatterns()
        return ContextScanner(root: root, patterns: patterns)
    }

    func digest(ignoring: String? = nil) throws -> ContextDigest {
        try scanner(ignoring: ignoring).scan().context.digest
    }

    /// `type permissions path` of every entry.
    func listing(ignoring: String? = nil) throws -> [String] {
        try scanner(ignoring: ignoring).scan().context.entries.map(\.line)
    }
}

extension ContextEntry {
    var line: String {
        "\(type.name) \(String(permissions, radix: 8)) \(String(decoding: path, as: UTF8.self))"
    }
}

func withTree<Result>(_ body: (Tree) throws -> Result) throws -> Result {
    try withTemporaryDirectory { try body(Tree(root: $0)) }
}

/// A clock that a test moves.
final class TestClock: Sendable {
    private let offset = Mutex<Int64>(0)
    private let calls = Atomic<Int>(0)
    private let onCall: @Sendable (Int) -> Void

    /// - Parameter onCall: called whenever the scan queries the time, with the number of the call.
    init(onCall: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.onCall = onCall
    }

    /// Sets this clock ahead of the machine's, in seconds.
    func set(secondsAhead: Int64) {
        offset.withLock { $0 = secondsAhead * 1_000_000_000 }
    }

    var scanClock: ScanClock {
        ScanClock(
            now: {
                self.onCall(self.calls.add(1, ordering: .relaxed).newValue)
                return ScanClock.system.now() + self.offset.withLock { $0 }
            },
            monotonic: ScanClock.system.monotonic,
            pause: ScanClock.system.pause
        )
    }
}
