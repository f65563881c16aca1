import Crypto
import SystemPackage

extension ScanWorker {
    /// Examines every entry of a listing. Returns false if one has disappeared or changed its type.
    func collect(
        _ contents: inout DirectoryContents,
        records: DirectoryRecords?,
        directory: ScanDirectory,
        path: [UInt8],
        open: OpenDirectory
    ) throws(ScanInterruption) -> Bool {
        var records = records
        self.path.removeAll(keepingCapacity: true)
        if !path.isEmpty {
            self.path += path
            self.path.append(UInt8(ascii: "/"))
        }
        let prefixLength = self.path.count
        let listing = contents.listing
        return try listing.names.span.withUnsafeBytes { names throws(ScanInterruption) in
            for name in listing.entries {
                let bytes = UnsafeRawBufferPointer(
                    rebasing: names[Int(name.offset)..<Int(name.offset + name.length)]
                )
                self.path.removeSubrange(prefixLength...)
                self.path.append(contentsOf: bytes)
                let isThere = try note(
                    name,
                    bytes,
                    into: &contents,
                    records: &records,
                    directory: directory,
                    open: open
                )
                guard isThere else {
                    return false
                }
            }
            return true
        }
    }

    /// Adds the entry at `self.path` unless it is excluded or out of scope. Returns false if it no longer matches the
    /// listing.
    private func note(
        _ name: DirectoryListing.Name,
        _ bytes: UnsafeRawBufferPointer,
        into contents: inout DirectoryContents,
        records: inout DirectoryRecords?,
        directory: ScanDirectory,
        open: OpenDirectory
    ) throws(ScanInterruption) -> Bool {
        guard let characters = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else {
            return false
        }
        var state: FileState?
        if name.isDirectory == nil {
            state = try lookAt(characters, in: open)
            guard state != nil else {
                return false
            }
        }
        let isDirectory = name.isDirectory ?? (state?.type == .directory)
        var verdict = IgnorePatterns.DirectoryVerdict.included
        var matches = IgnorePatterns.Matches.root
        if !scan.patterns.isEmpty {
            if isDirectory {
                (verdict, matches) = try judge { path throws(IgnorePatternError) in
                    try scan.patterns.verdict(directory: path, parent: directory.matches)
                }
            } else {
                let isExcluded = try judge { path throws(IgnorePatternError) in
                    try scan.patterns.excludes(path, parent: directory.matches)
                }
                verdict = isExcluded ? .excluded : .included
            }
        }
        let place = directory.isInScope ? .inside : scan.scope.place(of: path)
        guard verdict != .excluded, place != .outside else {
            if !isDirectory, let (state, digest) = records?.find(bytes) {
                contents.carried.append(
                    .init(nameOffset: name.offset, nameLength: name.length, state: state, digest: digest)
                )
            }
            return true
        }
        if state == nil {
            state = try lookAt(characters, in: open)
        }
        guard let state, (state.type == .directory) == isDirectory else {
            return false
        }
        // The change time of a directory is taken from its own listing, and only if it is in scope: otherwise entries
        // out of scope may change it.
        if !isDirectory { contents.newestChange = max(contents.newestChange, state.changed) }
        var entry = ScanEntry(
            nameOffset: name.offset,
            nameLength: name.length,
            type: state.type,
            permissions: state.permissions,
            size: state.type == .file ? state.size : 0,
            digest: .zero
        )
        var reused: FileState?
        switch state.type {
        case .file:
            if let (stored, digest) = records?.find(bytes), stored == state {
                entry.digest = digest
                if scan.usesStoredHashes {
                    reused = state
                    contents.recordsReused += 1
                }
            }
            if reused == nil {
                contents.unread.append((contents.entries.count, state.size))
            }
        case .directory:
            if verdict == .includedIfNeeded, let permissions = scan.patterns.dialect.impliedPermissions {
                entry.permissions = permissions
            }
            contents.directories.append(
                .init(
                    indexInParent: contents.entries.count,
                    matches: matches,
                    isIncludedIfNeeded: verdict == .includedIfNeeded,
                    isInScope: place == .inside,
                    state: state
                )
            )
        case .link:
            entry.permissions = 0o777
            guard let target = try target(of: characters, size: Int(state.size), in: open) else {
                return false
            }
            entry.digest = ContextDigest(SHA256.hash(data: target))
        case .blockDevice, .characterDevice:
            let number = withUnsafeBytes(of: state.represents.littleEndian) { Array($0) }
            entry.digest = ContextDigest(bytes: number + [UInt8](repeating: 0, count: 24)) ?? .zero
        case .fifo, .socket:
            break
        }
        contents.entries.append(entry)
        contents.states.append(reused)
        return true
    }

    /// Evaluates the patterns for `self.path`.
    private func judge<Answer>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(IgnorePatternError) -> Answer
    ) throws(ScanInterruption) -> Answer {
        let path = path
        do {
            return try path.span.withUnsafeBufferPointer(body)
        } catch {
            throw .failed(.ignoreFile(error))
        }
    }

    /// Returns the state of an entry; nil if it has disappeared.
    private func lookAt(
        _ name: UnsafePointer<CChar>,
        in open: OpenDirectory
    ) throws(ScanInterruption) -> FileState? {
        do {
            return try open.state(of: name)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw .failed(.unreadable(path: scan.fullPath(path), reason: error))
        }
    }

    /// Returns the target of a link; nil if it has disappeared or is no longer a link.
    private func target(
        of name: UnsafePointer<CChar>,
        size: Int,
        in open: OpenDirectory
    ) throws(ScanInterruption) -> [UInt8]? {
        do {
            return try open.target(of: name, size: size)
        } catch {
            guard error == .noSuchFileOrDirectory || error == .invalidArgument else {
                throw .failed(.unreadable(path: scan.fullPath(path), reason: error))
            }
            return nil
        }
    }
}
