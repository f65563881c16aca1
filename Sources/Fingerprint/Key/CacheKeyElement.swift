/// One element of the `cache-key` that a user gave in place of the Dockerfile and the context.
package enum CacheKeyElement: Equatable, Sendable {
    /// A text that counts as it stands.
    case text(String)
    /// A path or a glob, and what it matched.
    case files(pattern: String, matches: [Match])

    /// A path that a pattern matched, and the digest of what is there.
    package struct Match: Equatable, Sendable {
        /// Relative to the directory the pattern is relative to.
        package let path: [UInt8]
        /// SHA-256 of a file's content, or the context digest of a directory.
        package let digest: [UInt8]

        package init(path: [UInt8], digest: [UInt8]) {
            self.path = path
            self.digest = digest
        }
    }

    static func encode(_ elements: [CacheKeyElement]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for element in elements {
            switch element {
            case .text(let text):
                encoding.append("text")
                encoding.append(text)
            case .files(let pattern, let matches):
                encoding.append("files")
                encoding.append(pattern)
                encoding.append("\(matches.count)")
                for match in matches {
                    encoding.append(match.path)
                    encoding.append(match.digest)
                }
            }
        }
        return encoding.bytes
    }
}
