import Fingerprint
import FoundationEssentials
import Host
import SystemPackage

/// Reads the files that the elements of a user's `cache-key` name.
enum CacheKeyFiles {
    /// An element that contains `/` is a path or a glob, and the contents of its matches are part of the key. Any other
    /// element is used literally.
    ///
    /// - Parameters:
    ///   - option: the option as the user knows it, for errors
    ///   - now: milliseconds since 1970
    package static func elements(
        _ texts: [String],
        of option: String,
        index: LookupIndex,
        now: Int64
    ) throws -> [CacheKeyElement] {
        let directory = FilePath(FileManager.default.currentDirectoryPath)
        return try texts.map { text in
            guard text.contains("/") else { return .text(text) }
            let paths: [[UInt8]]
            do {
                paths = try PathPattern(text).matches(in: directory)
            } catch {
                throw InputError.unreadable(path: text, what: .directoryOfCacheKey, reason: "\(error)")
            }
            guard !paths.isEmpty else {
                throw InputError.noMatch(option: option, pattern: text, directory: directory.string)
            }
            return .files(
                pattern: text,
                matches: try paths.map {
                    try match($0, path: directory.pushing(FilePath(pathBytes: $0)), index: index, now: now)
                }
            )
        }
    }

    private static func match(
        _ bytes: [UInt8],
        path: FilePath,
        index: LookupIndex,
        now: Int64
    ) throws -> CacheKeyElement.Match {
        do {
            let digest = try FileContent.identity(path) { directory in
                try ContextScanner(root: directory, patterns: .none).scan(index: index, now: now).digest.bytes
            }
            return CacheKeyElement.Match(path: bytes, digest: digest)
        } catch let error as ContextError {
            throw InputError.context(error)
        } catch {
            throw InputError.unreadable(path: path.string, what: .ofCacheKey, reason: "\(error)")
        }
    }
}
