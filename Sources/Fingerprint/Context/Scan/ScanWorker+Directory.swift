import Synchronization
import SystemPackage

extension ScanWorker {
    /// Lists a directory, reuses the hashes that are still valid, and hashes the remaining files or queues them.
    func walk(_ directory: ScanDirectory, path: [UInt8], parent: OpenDirectory?) throws(ScanInterruption) {
        let open: OpenDirectory
        do {
            open = try self.open(path, parent: parent)
        } catch {
            if error == .permissionDenied, directory.isIncludedIfNeeded {
                // The directory is excluded, and was entered only to look for exceptions. Docker continues as well.
                return
            }
            throw interruption(error, path: path)
        }
        let contents = try settledContents(of: directory, path: path, open: open)
        directory.fill(names: contents.listing.names, entries: contents.entries)

        let children = scan.add(contents.directories, to: directory.number)
        for child in children {
            directory.entries[child.indexInParent].directory = UInt32(child.number)
        }
        let keepsOpen = OpenDirectory.isAmple
        scan.queue.add(
            children.reversed().map { child in
                let name = directory.withName(of: child.indexInParent) { Array($0) }
                return .directory(
                    child,
                    path: path.isEmpty ? name : path + [UInt8(ascii: "/")] + name,
                    parent: keepsOpen ? open : nil
                )
            }
        )
        count(contents)
        try takeUp(contents, directory: directory, path: path, open: open)
    }

    private func open(_ path: [UInt8], parent: OpenDirectory?) throws(Errno) -> OpenDirectory {
        guard !path.isEmpty else {
            return scan.root
        }
        guard let parent else {
            return try scan.root.descend(to: path)
        }
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let name = path[start...].map(CChar.init(bitPattern:)) + [0]
        return try name.span.withUnsafeBufferPointer { name throws(Errno) in
            guard let name = name.baseAddress else {
                throw Errno.invalidArgument
            }
            return try parent.directory(name)
        }
    }

    private func count(_ contents: DirectoryContents) {
        result.statistics.walked += contents.entries.count
        result.statistics.files += contents.unread.count + contents.recordsReused
        result.statistics.reused += contents.recordsReused
        result.statistics.newestChange = max(result.statistics.newestChange, contents.newestChange)
        scan.filesDone.add(contents.recordsReused, ordering: .relaxed)
    }

    /// Hashes the unread files in groups. If there are none, finishes the directory.
    private func takeUp(
        _ contents: DirectoryContents,
        directory: ScanDirectory,
        path: [UInt8],
        open: OpenDirectory
    ) throws(ScanInterruption) {
        let isOutdated =
            contents.recordsReused + contents.carried.count < contents.recordsKnown || contents.isUnusable
            || (!contents.isListingKnown && contents.listedIn != nil)
        if isOutdated || !contents.unread.isEmpty {
            directory.pending = PendingRecords(contents, isOutdated: isOutdated)
        }
        guard !contents.unread.isEmpty else {
            finish(directory, path: path)
            return
        }
        var groups: [[Int]] = [[]]
        var size: Int64 = 0
        for (index, fileSize) in contents.unread {
            if groups[groups.count - 1].count == Self.groupFiles || size > Self.groupBytes {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(index)
            size += fileSize
        }
        directory.unhashedGroups.store(groups.count, ordering: .releasing)
        scan.queue.add(groups.dropFirst().map { .files(directory, path: path, open, $0) })
        try hash(groups[0], of: directory, path: path, in: open)
    }

    /// Returns the contents of the directory, with the information from the index.
    private func settledContents(
        of directory: ScanDirectory,
        path: [UInt8],
        open: OpenDirectory
    ) throws(ScanInterruption) -> DirectoryContents {
        guard let (number, blob) = scan.known.find(path) else {
            return try settledContents(of: directory, path: path, open: open, records: nil)
        }
        result.met.append(number)
        var records: DirectoryRecords?
        switch DirectoryRecords.reading(blob, place: scan.place(of: path), now: scan.startedAt) {
        case .sound(let sound): records = sound
        case .outdated: break
        case .damaged: result.statistics.damagedRecords += 1
        }
        var contents = try settledContents(of: directory, path: path, open: open, records: records)
        contents.wasKnown = true
        contents.isUnusable = records == nil
        return contents
    }

    /// Lists the directory until it does not change during the listing.
    private func settledContents(
        of directory: ScanDirectory,
        path: [UInt8],
        open: OpenDirectory,
        records: DirectoryRecords?
    ) throws(ScanInterruption) -> DirectoryContents {
        for attempt in 0..<Self.attempts {
            let before = try noting(path) { () throws(Errno) in try open.state() }
            guard before.device == directory.state.device, before.inode == directory.state.inode else {
                throw .moved(path: path)
            }
            // The list from the index is tried only once: if an entry does not match it, the directory is listed.
            let known = attempt == 0 && scan.usesStoredHashes ? records?.listing(in: before) : nil
            var contents = DirectoryContents(try list(open, path: path, state: before, known: known))
            contents.isListingKnown = known != nil
            contents.listedIn = before.isSettled(at: scan.startedAt) ? before : nil
            contents.recordsKnown = records?.count ?? 0
            let isWhole = try collect(&contents, records: records, directory: directory, path: path, open: open)
            let after = try noting(path) { () throws(Errno) in try open.state() }
            if isWhole, after == before {
                if directory.isInScope { contents.newestChange = max(contents.newestChange, after.changed) }
                return contents
            }
        }
        throw .failed(.changing(path: scan.fullPath(path)))
    }

    private func list(
        _ open: OpenDirectory,
        path: [UInt8],
        state: FileState,
        known: DirectoryListing?
    ) throws(ScanInterruption) -> DirectoryListing {
        if let known {
            return known
        }
        scan.clock.waitUntilChangeShows(after: state.changed)
        return try noting(path) { () throws(Errno) in try DirectoryListing(open) }
    }
}
