import Synchronization

/// What goes into the blob of a directory once all its files are hashed. Threads write to states of their own only.
final class PendingRecords: @unchecked Sendable {
    /// For each entry the state in which its content was hashed; nil where there is no hash, or none that may be kept.
    let states: UnsafeMutableBufferPointer<FileState?>
    /// Records of files that are there but excluded: another Dockerfile with another ignore file may want them.
    let carried: [Carried]
    /// The blob in the index holds records that no longer hold.
    let isOutdated: Bool
    /// The index has a blob.
    let wasKnown: Bool

    struct Carried {
        var nameOffset: UInt32
        var nameLength: UInt32
        var state: FileState
        var digest: ContextDigest
    }

    /// A hash was made that the index does not have.
    let hasNews = Atomic<Bool>(false)

    /// - Parameter states: for each entry, the state in which the hash was taken over from the index.
    init(states known: [FileState?], carried: [Carried], isOutdated: Bool, wasKnown: Bool) {
        states = .allocate(capacity: known.count)
        _ = states.initialize(from: known)
        self.carried = carried
        self.isOutdated = isOutdated
        self.wasKnown = wasKnown
    }

    deinit {
        states.deallocate()
    }

    /// The blob; nil if there is nothing to remember.
    func encode(_ directory: ScanDirectory, now: Int64) -> [UInt8]? {
        let device = directory.state.device
        var writer = DirectoryRecords.Writer(device: device, now: now, capacity: directory.entries.count * 80)
        func name(_ offset: UInt32, _ length: UInt32) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: directory.names[Int(offset)..<Int(offset + length)])
        }
        // Names lie in the buffer in the order in which the directory was read; both lists are sorted by name.
        var rest = carried[...]
        for (entry, state) in zip(directory.entries, states) {
            guard let state, state.device == device else {
                continue
            }
            let own = name(entry.nameOffset, entry.nameLength)
            while let next = rest.first, name(next.nameOffset, next.nameLength).compare(own) < 0 {
                writer.append(name: name(next.nameOffset, next.nameLength), state: next.state, digest: next.digest)
                rest.removeFirst()
            }
            writer.append(name: own, state: state, digest: entry.digest)
        }
        for next in rest {
            writer.append(name: name(next.nameOffset, next.nameLength), state: next.state, digest: next.digest)
        }
        return writer.finish()
    }
}
