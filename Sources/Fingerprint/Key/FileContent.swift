import CLibrary
import Crypto
package import SystemPackage

/// Single files that a user names, apart from any context. Links are followed.
package enum FileContent {
    /// What there is at a path, as far as its content can be read.
    package enum Kind: Equatable, Sendable {
        case file
        case directory
        /// A FIFO, a socket or a device. It has no content of its own, and reading it could wait for ever. Carries the
        /// bits of its mode that say which.
        case special(UInt32)
    }

    /// What `path` is. Throws `Errno` if there is nothing.
    package static func kind(_ path: FilePath) throws -> Kind {
        var information = stat()
        guard path.withPlatformString({ stat($0, &information) }) == 0 else { throw Errno(rawValue: errno) }
        return switch information.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        default: .special(UInt32(information.st_mode & S_IFMT))
        }
    }

    /// The whole content, for files that are known to be small. Throws `Errno` if it cannot be read.
    package static func bytes(_ path: FilePath) throws -> [UInt8] {
        var content: [UInt8] = []
        try read(path) { content.append(contentsOf: $0) }
        return content
    }

    /// The SHA-256 of the file's content, 32 bytes. Throws `Errno` if it cannot be read.
    package static func digest(_ path: FilePath) throws -> [UInt8] {
        var hasher = SHA256()
        try read(path) { hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }

    /// A digest of 32 bytes over what is at a path: of a file, its permission bits and its content; of a link, what it
    /// says, and what it leads to. Throws `Errno` if that cannot be read.
    ///
    /// - Parameter directory: the digest of a directory, whose own permission bits do not count
    package static func identity(
        _ path: FilePath,
        directory: (FilePath) throws -> [UInt8]
    ) throws -> [UInt8] {
        var encoding = CanonicalEncoding()
        if let target = try FileReading.target(of: path) {
            encoding.append("link")
            encoding.append(target.pathBytes)
        }
        switch try kind(path) {
        case .file:
            let file = try FileReading.open(path)
            let permissions = try file.closeAfter { try FileState(of: file.rawValue).permissions }
            encoding.append("file")
            encoding.append("\(permissions)")
            encoding.append(try digest(path))
        case .directory:
            encoding.append("directory")
            encoding.append(try directory(path))
        case .special(let type): encoding.append("special \(type)")
        }
        return Array(SHA256.hash(data: encoding.bytes))
    }

    private static func read(_ path: FilePath, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        let file = try FileReading.open(path)
        try file.closeAfter {
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                guard count > 0 else { break }
                buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
        }
    }
}
