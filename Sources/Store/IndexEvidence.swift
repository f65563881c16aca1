internal import SystemPackage

/// Whether a file at the path of an index can be one of ours, before anything is done to it or put beside it.
///
/// A user who names a file of their own by mistake, as with `--index Dockerfile`, must find it untouched. A damaged
/// index is moved aside, so there has to be evidence that it was an index: the lock file, which is never removed, or
/// SQLite's first line. Zeros are none: images of disks begin with zeros, too.
enum IndexEvidence {
    /// The first line of a database, and how long its header is
    /// (https://sqlite.org/fileformat2.html#the_database_header).
    private static let magic = Array("SQLite format 3\0".utf8)
    private static let headerSize = 100

    /// Whether `header`, the beginning of a file without a lock file, speaks for an index.
    /// - Parameter hasLog: there is a `-wal` beside it, which may hold a newer header.
    static func speaksForIndex(header: [UInt8], hasLog: Bool) -> Bool {
        guard header.starts(with: magic) else {
            return false
        }
        guard header.count >= headerSize else {
            return true
        }
        switch number(at: 68, header) {
        case Schema.applicationID: return true
        // A database is no one's until it has a schema.
        case 0: return hasLog || number(at: 40, header) == 0
        default: return false
        }
    }

    private static func number(at offset: Int, _ header: [UInt8]) -> Int64 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// Refuses the file unless it may be an index. What cannot be read is for SQLite to say.
    ///
    /// Nothing is opened where there is a lock file: closing a descriptor drops the locks that another thread's
    /// connection holds on the file. Without one, no connection of ours can be open.
    static func require(_ file: IndexFile) throws(IndexError) {
        guard case .present = try file.presence(), !exists(file.resolved.string + ".lock"),
            let header = beginning(of: file.resolved)
        else {
            return
        }
        guard speaksForIndex(header: header, hasLog: exists(file.resolved.string + "-wal")) else {
            // Another agent may have created the index between the two looks.
            if exists(file.resolved.string + ".lock") {
                return
            }
            throw .foreign(file.path)
        }
    }

    /// Whether something at the path shows that it is an index. What cannot be read and has no lock file shows
    /// nothing.
    static func isShown(by file: IndexFile) -> Bool {
        guard case .present? = try? file.presence() else { return false }
        if exists(file.resolved.string + ".lock") { return true }
        let hasLog = exists(file.resolved.string + "-wal")
        return beginning(of: file.resolved).map { speaksForIndex(header: $0, hasLog: hasLog) } ?? false
    }

    private static func exists(_ path: String) -> Bool {
        (try? Stat(FilePath(path), followTargetSymlink: false)) != nil
    }

    private static func beginning(of path: FilePath) -> [UInt8]? {
        guard let descriptor = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
            return nil
        }
        defer { try? descriptor.close() }
        return try? [UInt8](unsafeUninitializedCapacity: headerSize) { buffer, count in
            count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
