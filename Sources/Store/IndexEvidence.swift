internal import SystemPackage

/// Decides whether a file at the path of an index can be an index, before anything is done to it or created beside it.
///
/// A file that a user names by mistake, as with `--index Dockerfile`, must stay untouched. A damaged index is moved
/// aside, so there must be evidence that it was an index: the lock file, which is never removed, or SQLite's magic
/// string. Zeros are not evidence, because disk images begin with zeros too.
enum IndexEvidence {
    /// The magic string of a database, and the size of its header in bytes
    /// (https://sqlite.org/fileformat2.html#the_database_header).
    private static let magic = Array("SQLite format 3\0".utf8)
    private static let headerSize = 100

    /// Whether `header`, the beginning of a file without a lock file, indicates an index.
    /// - Parameter hasLog: whether there is a `-wal` file beside it, which may hold a newer header.
    static func speaksForIndex(header: [UInt8], hasLog: Bool) -> Bool {
        guard header.starts(with: magic) else {
            return false
        }
        guard header.count >= headerSize else {
            return true
        }
        switch number(at: 68, header) {
        case Schema.applicationID: return true
        // A database belongs to no application until it has a schema.
        case 0: return hasLog || number(at: 40, header) == 0
        default: return false
        }
    }

    private static func number(at offset: Int, _ header: [UInt8]) -> Int64 {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// Throws ``IndexError/foreign(_:)`` unless the file may be an index. A file that cannot be read is left for SQLite
    /// to report.
    ///
    /// If there is a lock file, the file is not opened, because closing a descriptor drops the locks that another
    /// thread's connection holds on it. Without a lock file, this process cannot have a connection open.
    static func require(_ file: IndexFile) throws(IndexError) {
        guard case .present = try file.presence(), !exists(file.resolved.string + ".lock"),
            let header = beginning(of: file.resolved)
        else {
            return
        }
        guard speaksForIndex(header: header, hasLog: exists(file.resolved.string + "-wal")) else {
            // Another agent may have created the index between the two checks.
            if exists(file.resolved.string + ".lock") {
                return
            }
            throw .foreign(file.path)
        }
    }

    /// Whether there is evidence that the file is an index. An unreadable file without a lock file gives none.
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
