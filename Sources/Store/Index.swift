import Formatting
internal import Files
package import SystemPackage

/// The index on the agent: one SQLite file that all agents of a host share.
///
/// Everything in it can be lost without harm. So a damaged file is moved aside and a new one begun, and whatever else
/// is in the way is an ``IndexError``, with which the caller goes on without an index.
///
/// Not thread-safe: every thread opens its own.
package final class Index {
    /// The path it was opened at.
    package let path: FilePath
    /// The connection, for queries over more than one table.
    package let database: Database
    /// Which image a key stands for.
    package let entries: Entries
    /// What happened to each lookup.
    package let events: Events
    /// The sums of all lookups.
    package let statistics: EventStatistics
    /// File states and hashes from last time.
    package let directoryStates: DirectoryStates
    /// What running an executable once has told.
    package let executables: Executables
    /// What the configurations of base images say.
    package let baseImages: BaseImages
    /// What the keys of the last lookups were made of.
    package let keyRecords: KeyRecords
    /// What lay at the addresses that Dockerfiles add.
    package let remoteSources: RemoteSources
    /// How long logins to registries last.
    package let logins: Logins
    /// What a provider's tool was asked once.
    package let providerAnswers: ProviderAnswers
    /// What is of no more use.
    package let housekeeping: Housekeeping

    /// Told of what is found while the index is used: the caller should warn of it.
    package var onNotice: ((IndexNotice) -> Void)?

    private let file: IndexFile
    private let identity: IndexFile.Identity
    /// Whether it was opened for what it knows alone, because it cannot be written.
    package let isReadOnly: Bool
    /// Whether the reason is a full disk.
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

    /// Opens the index at `path`, creating or migrating it if need be.
    ///
    /// Missing directories are made with mode 0700, a new file with mode 0600. A damaged index is moved aside to
    /// `index.db.corrupt-20261123T184500Z`, and the notice says so. A file that never was one is refused.
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

    /// As ``open(at:now:busyTimeoutMilliseconds:)``, with another list of migrations.
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

    /// The reason, in words for people, why a call on one of the tables threw `error`.
    ///
    /// If it is damage (``IndexError/isDamage``), call ``moveAside(now:)``.
    package func failure(_ error: any Error) -> IndexError {
        switch error {
        case let error as IndexError: error
        case let error as SQLiteError: IndexError(error, path: path)
        default: .failed(path, reason: "\(error)")
        }
    }

    /// Moves the file aside after a read or write has found it damaged, so that the next run begins a new one.
    ///
    /// This index is of no more use afterwards. If another process has already moved the file, the one that is there
    /// now stays.
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: What was done; nil if nothing was left to do.
    package func moveAside(now: Int64) throws(IndexError) -> IndexNotice? {
        // What is read without locks may look damaged because another process writes.
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

/// An index, and what the caller should warn of.
package struct OpenedIndex {
    package let index: Index
    /// Nil in the usual case.
    package let notice: IndexNotice?
}

extension Index {
    /// Whether `name` is that of a damaged index, or of a file beside it, that ``moveAside(now:)`` or opening has given
    /// a name with a time before `time`.
    /// - Parameters:
    ///   - path: where the index is.
    ///   - time: milliseconds since 1970.
    package static func isMovedAside(_ name: String, of path: FilePath, before time: Int64) -> Bool {
        let prefix = (path.lastComponent?.string ?? "") + ".corrupt-"
        guard name.hasPrefix(prefix) else { return false }
        // `20261123T184500Z`: of texts of this form the earlier is the smaller.
        let stamp = String(name.dropFirst(prefix.count).prefix(16))
        let isStamp = stamp.utf8.count == 16 && stamp.hasSuffix("Z")
        return isStamp && stamp < Timestamp.compactText(time)
    }
}

/// Something that happened to the index and that the caller should warn of, although there is a usable one now.
package enum IndexNotice: Equatable, Sendable, CustomStringConvertible {
    /// The file was damaged, and has another name now.
    case movedAside(FilePath, to: FilePath, reason: String)
    /// It is used for what it knows, and nothing is added to it.
    case readOnly(FilePath, reason: String)
    /// Some of what it holds did not match its checksum, and is not used. It is dropped, unless the index cannot be
    /// written.
    case damaged(FilePath, what: String, isDropped: Bool)

    package var description: String {
        switch self {
        case .movedAside(let path, let aside, let reason):
            """
            the index \(path) could not be used: \(reason). It was moved to \(aside) and a new one begun; \
            images are found again as they are looked up. Delete the old file when you no longer need it.
            """
        case .readOnly(let path, let reason):
            """
            the index \(path) can only be read: \(reason). It is used for what it knows, and nothing is added to it. \
            `docker-cache doctor` says more.
            """
        case .damaged(let path, let what, let isDropped):
            """
            the index \(path) held damaged data (\(what)). It was \(isDropped ? "dropped" : "left out"), and is found \
            out again when it is needed. If this happens often, check the disk and the memory of this machine.
            """
        }
    }
}
