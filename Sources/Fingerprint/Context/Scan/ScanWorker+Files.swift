import CLibrary
import Crypto
import Synchronization
import SystemPackage

extension ScanWorker {
    /// Hashes some files of a directory. The worker that finishes last builds the directory's blob.
    func hash(
        _ indices: [Int],
        of directory: ScanDirectory,
        path: [UInt8],
        in open: OpenDirectory
    ) throws(ScanInterruption) {
        for index in indices {
            try directory.withName(of: index) { name throws(ScanInterruption) in
                guard let characters = name.baseAddress?.assumingMemoryBound(to: CChar.self) else {
                    return
                }
                self.path.removeAll(keepingCapacity: true)
                if !path.isEmpty {
                    self.path += path
                    self.path.append(UInt8(ascii: "/"))
                }
                self.path.append(contentsOf: name)
                try hash(index, of: directory, name: characters, in: open)
            }
        }
        if directory.unhashedGroups.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            finish(directory, path: path)
        }
    }

    /// Completes a directory after all its files are hashed.
    func finish(_ directory: ScanDirectory, path: [UInt8]) {
        if directory.holdsNoDirectories {
            directory.digest = digestOf(directory)
        }
        guard let pending = directory.pending else {
            return
        }
        directory.pending = nil
        let isWorthWriting = pending.isOutdated || pending.hasNews.load(ordering: .acquiring)
        // Files in directories with paths longer than `PATH_MAX` are read each time, so that such paths do not fill the
        // index.
        if isWorthWriting, path.count < Int(PATH_MAX) {
            let records = pending.encode(directory, place: scan.place(of: path), now: scan.startedAt)
            if records != nil || pending.wasKnown {
                result.changes.append((path, records))
            }
        }
    }

    private func hash(
        _ index: Int,
        of directory: ScanDirectory,
        name: UnsafePointer<CChar>,
        in open: OpenDirectory
    ) throws(ScanInterruption) {
        for _ in 0..<Self.attempts {
            guard let (digest, state, moment) = try hashOnce(name, in: open) else {
                continue
            }
            let entry = directory.entries.baseAddress.map { $0 + index }
            let isSettled = state.isSettled(at: moment)
            if isSettled, let stored = entry?.pointee.digest, stored != .zero, stored != digest {
                result.statistics.wrongStoredHashes += 1
            }
            entry?.pointee.digest = digest
            entry?.pointee.size = state.size
            entry?.pointee.permissions = state.permissions
            if isSettled {
                directory.pending?.states[index] = state
                directory.pending?.hasNews.store(true, ordering: .releasing)
            }
            result.statistics.hashed += 1
            scan.filesDone.add(1, ordering: .relaxed)
            return
        }
        throw .failed(.changing(path: scan.fullPath(path)))
    }

    /// Returns the hash of a file, its state, and the time before it was read; nil if it changed meanwhile.
    private func hashOnce(
        _ name: UnsafePointer<CChar>,
        in open: OpenDirectory
    ) throws(ScanInterruption) -> (ContextDigest, FileState, Int64)? {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        let descriptor = openat(open.descriptor, name, flags)
        guard descriptor >= 0 else {
            throw interruption(Errno(rawValue: errno), path: path)
        }
        defer { close(descriptor) }
        let before = try noting(path) { () throws(Errno) in try FileState(of: descriptor) }
        guard before.type == .file else {
            throw .moved(path: path)
        }
        scan.clock.waitUntilChangeShows(after: before.changed)
        let moment = scan.clock.now()
        var hasher = SHA256()
        var count: Int64 = 0
        while true {
            let length = try noting(path) { () throws(Errno) in try read(descriptor) }
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            count += Int64(length)
            result.statistics.bytesRead += length
            scan.bytesRead.add(length, ordering: .relaxed)
            // The size says where the file ends. If it is wrong, the comparison of states below detects that.
            if length == 0 || (length < buffer.count && count >= before.size) {
                break
            }
        }
        let after = try noting(path) { () throws(Errno) in try FileState(of: descriptor) }
        guard before == after, count == before.size else {
            return nil
        }
        return (ContextDigest(hasher.finalize()), after, moment)
    }

    private func read(_ descriptor: CInt) throws(Errno) -> Int {
        while true {
            let length = CLibrary.read(descriptor, buffer.baseAddress, buffer.count)
            if length >= 0 {
                return length
            }
            guard errno == EINTR else {
                throw Errno(rawValue: errno)
            }
        }
    }
}
