import Formatting
package import Logging
package import Store
package import SystemPackage

/// The index as commands use it. A problem with it only causes a warning, and commands go on without it, or with what
/// can be read.
package final class LookupIndex {
    /// Where the index is, or would be.
    package let path: FilePath?
    private var index: Index?
    /// Whether it is known that nothing can be added to it.
    private var isReadOnly = false
    private let log: Logger
    private let now: Int64

    /// Whether the hashes of files are taken from the index if their states are unchanged.
    package let trustsHashes: Bool

    /// Opens the index at `path`.
    package init(at path: FilePath?, now: Int64, log: Logger, trustsHashes: Bool = true) {
        self.trustsHashes = trustsHashes
        self.path = path
        self.log = log
        self.now = now
        guard let path else {
            log.warning(
                """
                There is no place for the index: neither HOME nor XDG_CACHE_HOME is set. Continuing without it. Set \
                one of them, or the option index.
                """
            )
            return
        }
        do {
            let opened = try Index.open(at: path, now: now)
            index = opened.index
            isReadOnly = opened.index.isReadOnly
            opened.index.onNotice = { log.warning("\($0)") }
            if let notice = opened.notice { log.warning("\(notice)") }
        } catch {
            log.warning("\(error) Continuing without the index.")
        }
    }

    /// The index itself, for callers that can go on without it.
    package var opened: Index? { index }

    /// Whether there is an index.
    package var isAvailable: Bool { index != nil }

    /// Calls `body` with the index; nil if there is none, or if `body` throws. An error ends the use of the index,
    /// unless only writing fails.
    package func attempt<Result>(_ body: (Index) throws -> Result) -> Result? {
        guard let index else { return nil }
        do {
            return try body(index)
        } catch {
            report(error)
            return nil
        }
    }

    /// Warns that files had different contents than the index recorded. The index is correct again.
    package func warnOfWrongHashes(_ count: Int) {
        log.warning(
            """
            The index had a wrong hash for \(Quantity.count(count, "file")) whose size and times had not \
            changed. It has the right one now. Please report this, with the file system that the checkout is on.
            """
        )
    }

    /// Warns that file records in the index were damaged. The index is correct again.
    package func warnOfDamagedRecords(_ count: Int) {
        guard let path else { return }
        let directories = count == 1 ? "a directory" : "\(count) directories"
        log.warning("\(IndexNotice.damaged(path, what: "the records of \(directories)", isDropped: true))")
    }

    /// Ends the use of the index because of `error`, with a warning. An index that cannot be written is still read.
    package func report(_ error: any Error) {
        guard let index else { return }
        let failure = index.failure(error)
        if failure.isObstacleToWriting {
            if !isReadOnly { log.warning("\(failure) Continuing with what it knows.") }
            isReadOnly = true
            return
        }
        self.index = nil
        log.warning("\(failure) Continuing without the index.")
        if failure.isDamage { moveAside(index) }
    }

    /// Makes room for a new index in the next run.
    private func moveAside(_ index: Index) {
        do {
            if let notice = try index.moveAside(now: now) { log.warning("\(notice)") }
        } catch {
            log.warning("\(error)")
        }
    }
}

/// Where the index is.
package enum IndexLocation {
    /// The option's value, or `DOCKER_CACHE_INDEX`, or a path below `XDG_CACHE_HOME` or the home directory. Nil if none
    /// of these is set.
    package static func path(option: String?, environment: [String: String], home: FilePath?) -> FilePath? {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let given = option ?? variable("DOCKER_CACHE_INDEX") { return FilePath(given) }
        // The XDG specification requires relative paths to be ignored.
        let cache =
            variable("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? FilePath($0) : nil } ?? home?.appending(".cache")
        return cache?.appending("docker-cache").appending("index.db")
    }
}
