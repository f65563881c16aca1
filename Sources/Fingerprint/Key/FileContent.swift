import Crypto
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Single files that a user names, apart from any context. Links are followed.
package enum FileContent {
    /// Whether `path` is a directory. Throws `Errno` if there is nothing.
    package static func isDirectory(_ path: FilePath) throws -> Bool {
        var information = stat()
        guard path.withPlatformString({ stat($0, &information) }) == 0 else { throw Errno(rawValue: errno) }
        return information.st_mode & S_IFMT == S_IFDIR
    }

    /// The SHA-256 of the file's content, 32 bytes. Throws `Errno` if it cannot be read.
    package static func digest(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        return try file.closeAfter {
            var hasher = SHA256()
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                guard count > 0 else { break }
                buffer.withUnsafeBytes { hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
            return Array(hasher.finalize())
        }
    }
}
