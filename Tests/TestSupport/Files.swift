public import SystemPackage

/// All bytes of a file.
public func contents(of path: FilePath) throws -> [UInt8] {
    let descriptor = try FileDescriptor.open(path, .readOnly)
    return try descriptor.closeAfter {
        let size = Int(try descriptor.seek(offset: 0, from: .end))
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count =
                size == 0 ? 0 : try descriptor.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

/// Writes `bytes` to a file, from its beginning or from `offset`. With `offset`, existing content after `bytes` stays.
public func write(_ bytes: [UInt8], to path: FilePath, at offset: Int64? = nil) throws {
    let options: FileDescriptor.OpenOptions = offset == nil ? [.create, .truncate] : []
    let descriptor = try FileDescriptor.open(path, .writeOnly, options: options, permissions: [.ownerReadWrite])
    _ = try descriptor.closeAfter {
        try descriptor.writeAll(toAbsoluteOffset: offset ?? 0, bytes)
    }
}

/// Whether the path exists, even as a dangling link.
public func exists(_ path: FilePath) -> Bool {
    (try? Stat(path, followTargetSymlink: false)) != nil
}

extension FilePath {
    /// The path with `suffix` at the end of its name, as in `index.db-wal`.
    public func suffixed(_ suffix: String) -> FilePath {
        FilePath(string + suffix)
    }
}
