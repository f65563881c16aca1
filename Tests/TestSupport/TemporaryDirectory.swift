import CLibrary
import FoundationEssentials
public import SystemPackage

/// A directory for one test. ``remove()`` removes it with everything in it.
///
/// Use `withTemporaryDirectory` where possible: it always removes the directory, even if the body throws.
public struct TemporaryDirectory: Sendable {
    /// The absolute path, with links resolved.
    public let path: FilePath

    /// Makes a new, empty directory (mode 0700) under `TMPDIR`, or `/tmp` if that is not set.
    public init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((parent + "/docker-cache-test.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Errno(rawValue: errno)
        }
        let created = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { FilePath(platformString: $0) } ?? FilePath(parent)
        }
        path = created
    }

    /// Removes the directory and everything below it.
    public func remove() throws {
        try FileManager.default.removeItem(atPath: path.string)
    }
}

/// Runs `body` with a new temporary directory and removes it afterwards.
public func withTemporaryDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let directory = try TemporaryDirectory()
    do {
        let result = try body(directory.path)
        try directory.remove()
        return result
    } catch {
        try directory.remove()
        throw error
    }
}

/// Runs the asynchronous `body` with a new temporary directory and removes it afterwards.
public func withTemporaryDirectory<Result>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (FilePath) async throws -> Result
) async throws -> Result {
    let directory = try TemporaryDirectory()
    do {
        let result = try await body(directory.path)
        try directory.remove()
        return result
    } catch {
        try directory.remove()
        throw error
    }
}
