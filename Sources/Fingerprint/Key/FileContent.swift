import CLibrary
import Crypto
package import SystemPackage

/// Single files that a user names, outside any context. Links are followed.
package enum FileContent {
    /// The kind of file at a path.
    package enum Kind: Equatable, Sendable {
        case file
        case directory
        /// A FIFO, a socket or a device. It has no content, and reading it could block forever. The value is the type
        /// bits of its mode.
        case special(UInt32)
    }

    /// Returns the kind of file at `path`. Throws `Errno` if there is none.
    package static func kind(_ path: FilePath) throws -> Kind {
        var information = stat()
        guard path.withPlatformString({ stat($0, &information) }) == 0 else { throw Errno(rawValue: errno) }
        return switch information.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        default: .special(UInt32(information.st_mode & S_IFMT))
        }
    }

    /// Returns the whole content, for files that are known to be small. Throws `Errno` if it cannot be read.
    package static func bytes(_ path: FilePath) throws -> [UInt8] {
        var content: [UInt8] = []
        let file = try FileReading.open(path)
        try file.closeAfter { try read(file) { content.append(contentsOf: $0) } }
        return content
    }

    /// Returns the SHA-256 of the file's content, 32 bytes. Throws `Errno` if it cannot be read.
    package static func digest(_ path: FilePath) throws -> [UInt8] {
        let file = try FileReading.open(path)
        return try file.closeAfter { try digest(of: file) }
    }

    private static func digest(of file: FileDescriptor) throws -> [UInt8] {
        var hasher = SHA256()
        try read(file) { hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }

    /// Returns a digest of 32 bytes for a path: of a file, its permission bits and its content; of a link, its target,
    /// and what it leads to. Throws `Errno` if that cannot be read.
    ///
    /// - Parameter directory: returns the digest of a directory; the directory's own permission bits are not included
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
            encoding.append("file")
            let file = try FileReading.open(path)
            try file.closeAfter {
                encoding.append("\(try FileState(of: file.rawValue).permissions)")
                encoding.append(try digest(of: file))
            }
        case .directory:
            encoding.append("directory")
            encoding.append(try directory(path))
        case .special(let type): encoding.append("special \(type)")
        }
        return Array(SHA256.hash(data: encoding.bytes))
    }

    private static func read(_ file: FileDescriptor, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { break }
            buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
