import Formatting
internal import Files
package import SystemPackage

/// The index on the agent: one SQLite file that all agents of a host share.
///
/// Losing its contents does no harm. So a damaged file is moved aside and a new one is created. Any other problem is an
/// ``IndexError``, and the caller continues without an index.
///
/// Not thread-safe: every thread opens a separate one.
package final class Index {
    /// The path at which it was opened.
    package let path: FilePath
    /// The connection, for queries over more than one table.
    package let database: Database
    /// The image of each key.
    package let entries: Entries
    /// One event for each lookup.
    package let events: Events
    /// The sums of all lookups.
    package let statistics: EventStatistics
    /// File states and hashes from earlier runs.
    package let directoryStates: DirectoryStates
    /// Facts learned by running executables.
    package let executables: Executables
    /// Facts from the configurations of base images.
    package let baseImages: BaseImages
    /// The inputs of the keys of recent lookups.
    package let keyRecords: KeyRecords
    /// Known contents of URLs that Dockerfiles add.
    package let remoteSources: RemoteSources
    /// How long logins to registries last.
    package let logins: Logins
    /// Remembered answers of provider tools.
    package let providerAnswers: ProviderAnswers
    /// Removal of rows that are no longer useful.
    package let housekeeping: Housekeeping

    /// Called with problems that are found while the index is used. The caller should warn about them.
    package var onNotice: ((IndexNotice) -> Void)?

    private let file: IndexFile
    private let identity: IndexFile.Identity
    /// Whether it was opened read-only, because it cannot be written.
    package let isReadOnly: Bool
    /// Whether it is read-only because the disk is full.
    package let isOnFullDisk: Bool
    let timeoutMilliseconds: Int32

    private init(file: IndexFile, _ opened: IndexOpening.Opened, timeoutMilliseconds: Int32) {
        path = file.path
        self.file = file
        database = opened.database
        identity = opened.identity
        isReadOnly = opened.obstacle != nil
        isOnFullDisk = opened.isDiskFull
        self.timeoutMilliseconds = timeoutMilliseconds
        entries = Entries(database)
        events = Events(database)
        statistics = EventStatistics(database)
        directoryStates = DirectoryStates(database)
        executables = Executables(database)
        baseImages = BaseImages(database)
        keyRecords = KeyRecords(database)
        remoteSources = RemoteSources(database)
        logins = Logins(database)
        providerAnswers = ProviderAnswers(database)
        housekeeping = Housekeeping(database)
        database.onDamagedRows = { [weak self, path] rows in
            let what = "\(Quantity.count(rows.count, "row")) of \(rows.table)"
            self?.onNotice?(.damaged(path, what: what, isDropped: rows.areDropped))
        }
    }

    /// Opens the index at `path`, creating or migrating it if necessary.
    ///
    /// Missing directories are created with mode 0700, a new file with mode 0600. A damaged index is moved aside to
    /// `index.db.corrupt-20261123T184500Z`, which the notice reports. A file that never was an index is refused.
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - busyTimeoutMilliseconds: how long to wait for another process's lock, here and in every statement.
    package static func open(
        at path: FilePath,
        now: Int64,
        busyTimeoutMilliseconds: Int32 = Database.busyTimeoutMilliseconds
    ) throws(IndexError) -> OpenedIndex {
        try open(
            at: path,
            now: now,
            busyTimeoutMilliseconds: busyTimeoutMilliseconds,
            schema: Schema(migrations: Migration.all)
        )
    }

    /// Like ``open(at:now:busyTimeoutMilliseconds:)``, with a different list of migrations.
    static func open(
        at path: FilePath,
        now: Int64,
        busyTimeoutMilliseconds: Int32 = Database.busyTimeoutMilliseconds,
        schema: Schema
    ) throws(IndexError) -> OpenedIndex {
        let opening = IndexOpening(
            file: IndexFile(path: path),
            schema: schema,
            now: now,
            timeoutMilliseconds: busyTimeoutMilliseconds
        )
        let (opened, notice) = try opening.run()
        let index = Index(file: opening.file, opened, timeoutMilliseconds: busyTimeoutMilliseconds)
        return OpenedIndex(index: index, notice: notice)
    }

    /// The user-facing reason why a call on one of the tables threw `error`.
    ///
    /// If it is damage (``IndexError/isDamage``), call ``moveAside(now:)``.
    package func failure(_ error: any Error) -> IndexError {
        switch error {
        case let error as IndexError: error
        case let error as SQLiteError: IndexError(error, path: path)
        default: .failed(path, reason: "\(error)")
        }
    }

    /// Moves the file aside after a read or write has found it damaged, so that the next run creates a new one.
    ///
    /// This index must not be used afterwards. If another process has already moved the file, the new file stays.
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: A notice of the move; nil if nothing was left to do.
    package func moveAside(now: Int64) throws(IndexError) -> IndexNotice? {
        // Data that is read without locks may look damaged while another process writes.
        guard !isReadOnly else { return nil }
        return try file.hold(.exclusive, within: timeoutMilliseconds) { () throws(IndexError) -> IndexNotice? in
            guard case .present(let found) = try file.presence(), found == identity else {
                return nil
            }
            let target = try file.moveAside(now: now)
            return .movedAside(path, to: target, reason: "it was found damaged while it was read")
        }
    }
}

/// An index, and a notice that the caller should show as a warning.
package struct OpenedIndex {
    package let index: Index
    /// Usually nil.
    package let notice: IndexNotice?
}

extension Index {
    /// Whether `name` is that of a damaged index, or of one of its accompanying files, that was moved aside before
    /// `time`, here or on opening.
    /// - Parameters:
    ///   - path: the path of the index.
    ///   - time: milliseconds since 1970.
    package static func isMovedAside(_ name: String, of path: FilePath, before time: Int64) -> Bool {
        let prefix = (path.lastComponent?.string ?? "") + ".corrupt-"
        guard name.hasPrefix(prefix) else { return false }
        // `20261123T184500Z`: strings of this form sort by time.
        let stamp = String(name.dropFirst(prefix.count).prefix(16))
        let isStamp = stamp.utf8.count == 16 && stamp.hasSuffix("Z")
        return isStamp && stamp < Timestamp.compactText(time)
    }
}

/// A problem with the index that the caller should warn about, although there is a usable index now.
package enum IndexNotice: Equatable, Sendable, CustomStringConvertible {
    /// The file was damaged and has been renamed.
    case movedAside(FilePath, to: FilePath, reason: String)
    /// The index can only be read, and nothing is added to it.
    case readOnly(FilePath, reason: String)
    /// Some of its data did not match its checksum and is not used. The data is dropped, unless the index cannot be
    /// written.
    case damaged(FilePath, what: String, isDropped: Bool)

    package var description: String {
        switch self {
        case .movedAside(let path, let aside, let reason):
            """
            The index \(path) could not be used: \(reason). It was moved to \(aside), and a new one was created. \
            Images are found again as they are looked up. Delete the old file when you no longer need it.
            """
        case .readOnly(let path, let reason):
            """
            The index \(path) can only be read: \(reason). It is used for what it knows, and nothing is added to it. \
            `docker-cache doctor` says more.
            """
        case .damaged(let path, let what, let isDropped):
            """
            The index \(path) held damaged data (\(what)). It was \(isDropped ? "dropped" : "left out"), and is found \
            out again when it is needed. If this happens often, check the disk and the memory of this machine.
            """
        }
    }
}
