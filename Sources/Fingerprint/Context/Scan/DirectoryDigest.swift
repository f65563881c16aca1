import Crypto

/// The digest of a directory, from its entries in the order of their names as bytes.
///
/// The encoding: `docker-cache directory 1` and a line feed; then for every entry its type (1 byte), permission bits
/// (4), the length of the name (4), the name, and 32 bytes: the hash of the content or of the link's target, the digest
/// of the subdirectory, or the number of the device padded with zeros. Numbers are little-endian. Every field has a
/// length that is known when it is read, so two different directories never encode alike. Any change of meaning changes
/// the first line.
struct DirectoryDigest {
    private static let preamble = Array("docker-cache directory 1\n".utf8)

    private var bytes: [UInt8] = []

    /// Of a directory all of whose subdirectories have theirs already.
    mutating func callAsFunction(_ directory: ScanDirectory) -> ContextDigest {
        bytes.removeAll(keepingCapacity: true)
        bytes += Self.preamble
        for index in directory.entries.indices where !directory.entries[index].isDropped {
            directory.withName(of: index) { name in
                append(directory.entries[index], name: name)
            }
        }
        return bytes.withUnsafeBytes { bytes in
            var hasher = SHA256()
            hasher.update(bufferPointer: bytes)
            return ContextDigest(hasher.finalize())
        }
    }

    private mutating func append(_ entry: ScanEntry, name: UnsafeRawBufferPointer) {
        bytes.append(entry.type.rawValue)
        withUnsafeBytes(of: UInt32(entry.permissions).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: entry.nameLength.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: name)
        entry.digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
