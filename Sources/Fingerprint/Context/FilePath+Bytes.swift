package import SystemPackage

extension FilePath {
    /// Creates a path from bytes that need not be UTF-8. The path ends before the first zero byte.
    package init(pathBytes: some Sequence<UInt8>) {
        let terminated = pathBytes.map(CChar.init(bitPattern:)) + [0]
        self = terminated.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
        }
    }

    /// The bytes of the path, without a terminating zero.
    package var pathBytes: [UInt8] {
        withPlatformString { start in
            var bytes: [UInt8] = []
            var next = start
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
            return bytes
        }
    }

    /// Returns `relative`, bytes that need not be UTF-8, as a path below this one.
    func appending(pathBytes relative: some Collection<UInt8>) -> FilePath {
        relative.isEmpty ? self : FilePath(pathBytes: pathBytes + [UInt8(ascii: "/")] + Array(relative))
    }
}
