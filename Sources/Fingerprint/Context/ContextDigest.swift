import Crypto

/// A SHA-256 value: of the whole context, of a directory below it, or of a file's content.
package struct ContextDigest: Hashable, Sendable, CustomStringConvertible {
    // Four words rather than an array: a context has as many of these as it has files.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// 32 zero bytes.
    package static let zero = ContextDigest()

    package static let byteCount = 32

    private init() {}

    /// - Parameter bytes: 32 bytes; nil otherwise.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else {
            return nil
        }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    init(_ digest: SHA256Digest) {
        digest.withUnsafeBytes { source in
            withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: source) }
        }
    }

    /// - Parameter source: at least 32 readable bytes.
    init(copying source: UnsafeRawPointer) {
        withUnsafeMutableBytes(of: &words) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Self.byteCount))
        }
    }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: words, body)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// 64 lower-case hex digits.
    package var description: String { bytes.hexadecimal }

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}
