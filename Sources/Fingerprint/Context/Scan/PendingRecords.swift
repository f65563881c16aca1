import Store
import Synchronization

/// The data for a directory's blob, until all its files are hashed. Each thread writes only the states of its own
/// files.
final class PendingRecords: @unchecked Sendable {
    /// For each entry, the state in which its content was hashed; nil if there is no hash, or none that may be kept.
    let states: UnsafeMutableBufferPointer<FileState?>
    /// Records of files that exist but are excluded: another Dockerfile with another ignore file may need them.
    let carried: [Carried]
    /// Whether the index has a blob with invalid records, or does not have the list of names.
    let isOutdated: Bool
    /// Whether the index has a blob.
    let wasKnown: Bool

    /// All names, in ascending order.
    private let listed: [DirectoryListing.Name]
    private let listedIn: FileState?

    struct Carried {
        var nameOffset: UInt32
        var nameLength: UInt32
        var state: FileState
        var digest: ContextDigest
    }

    /// Whether a hash was computed that the index can store.
    let hasNews = Atomic<Bool>(false)

    init(_ contents: DirectoryContents, isOutdated: Bool) {
        states = .allocate(capacity: contents.states.count)
        _ = states.initialize(from: contents.states)
        carried = contents.carried
        wasKnown = contents.wasKnown
        listed = contents.listing.entries
        listedIn = listed.allSatisfy { $0.isDirectory != nil } ? contents.listedIn : nil
        self.isOutdated = isOutdated
    }

    deinit {
        states.deallocate()
    }

    /// Encodes the blob; nil if there is nothing to store.
    ///
    /// - Parameters:
    ///   - place: the beginning of the checksum, which identifies the directory
    ///   - now: nanoseconds since 1970
    func encode(_ directory: ScanDirectory, place: Checksum, now: Int64) -> [UInt8]? {
        let device = directory.state.device
        var writer = DirectoryRecords.Writer(device: device, listed: listedIn, now: now, capacity: listed.count * 88)
        var index = 0
        var rest = carried[...]
        for name in listed {
            let bytes = UnsafeRawBufferPointer(
                rebasing: directory.names[Int(name.offset)..<Int(name.offset + name.length)]
            )
            // Entries and carried records are subsets of the listed names, in the same order.
            if index < directory.entries.count, directory.entries[index].nameOffset == name.offset {
                if let state = states[index], state.device == device {
                    writer.append(name: bytes, state: state, digest: directory.entries[index].digest)
                } else {
                    writer.append(name: bytes, isDirectory: directory.entries[index].type == .directory)
                }
                index += 1
            } else if let next = rest.first, next.nameOffset == name.offset {
                writer.append(name: bytes, state: next.state, digest: next.digest)
                rest.removeFirst()
            } else {
                writer.append(name: bytes, isDirectory: name.isDirectory ?? false)
            }
        }
        return writer.finish(place: place)
    }
}
