import Crypto
import Formatting

/// One entry of a context, for listings.
package struct ContextEntry: Sendable, Equatable {
    /// The path relative to the root of the context, as bytes, with `/` between names.
    package let path: [UInt8]
    package let type: ContextEntryType
    /// Permission bits with set-user-id (04000), set-group-id (02000) and sticky (01000).
    package let permissions: UInt16
    /// The size of a file in bytes; otherwise 0.
    package let size: Int64
    /// The digest of a file's content, of a link's target, or of everything below a directory.
    package let digest: ContextDigest

    package init(path: [UInt8], type: ContextEntryType, permissions: UInt16, size: Int64, digest: ContextDigest) {
        self.path = path
        self.type = type
        self.permissions = permissions
        self.size = size
        self.digest = digest
    }
}

/// The file type of a context entry. The raw value is part of the context digest.
package enum ContextEntryType: UInt8, Sendable, CaseIterable {
    case file = 0x66
    case directory = 0x64
    case link = 0x6C
    /// BuildKit omits FIFOs with the client of Docker 20.10 and sends them with buildx, as the legacy builder does. The
    /// digest covers them, so that it is correct for all.
    case fifo = 0x70
    /// BuildKit sends sockets; the legacy builder omits them. The digest covers them.
    case socket = 0x73
    case blockDevice = 0x62
    case characterDevice = 0x63

    /// The name of the type in listings.
    package var name: String {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .link: "link"
        case .fifo: "fifo"
        case .socket: "socket"
        case .blockDevice: "block device"
        case .characterDevice: "character device"
        }
    }

    /// Whether entries of this type reach the builder, so that `COPY` can see them.
    package func isSent(by dialect: IgnoreDialect) -> Bool {
        switch dialect.walk {
        case .buildKit: self != .fifo || dialect.matcher == .current
        case .archive: self != .socket
        }
    }
}

/// A SHA-256 value: of the whole context, of a directory below it, or of a file's content.
package struct ContextDigest: Hashable, Sendable, CustomStringConvertible {
    // Four words rather than an array, because a context has one of these for each file.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// 32 zero bytes.
    package static let zero = ContextDigest()

    package static let byteCount = 32

    private init() {}

    /// - Parameter bytes: must be 32 bytes; otherwise the result is nil.
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
