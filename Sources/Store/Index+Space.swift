/// Disk space: how much of the file is unused, and how to release it.
extension Index {
    /// Sizes of the file, in bytes.
    package struct Space: Equatable, Sendable {
        /// The whole file, without its log.
        package var total: Int64
        /// Empty pages. New rows reuse them.
        package var free: Int64

        package init(total: Int64, free: Int64) {
            self.total = total
            self.free = free
        }
    }

    package func space() throws -> Space {
        func number(_ pragma: String) throws -> Int64 {
            try database.first("PRAGMA \(pragma)") { row in try row.int64(0) } ?? 0
        }
        let size = try number("page_size")
        return Space(total: try number("page_count") * size, free: try number("freelist_count") * size)
    }

    /// Releases empty pages to the file system, a few at a time (``Batches``). The file becomes shorter once the log
    /// has been moved into it (``emptyLog()``).
    ///
    /// An index that was created without `auto_vacuum` keeps its empty pages, and new rows reuse them.
    package func compact(
        timing: Batches.Timing = .system,
        until isTimeUp: () -> Bool = { false }
    ) throws -> Batches.Result {
        func free() throws -> Int64 {
            try database.first("PRAGMA freelist_count") { row in try row.int64(0) } ?? 0
        }
        return try Batches(database, timing: timing).run(until: isTimeUp) { limit in
            let before = try free()
            try database.execute("PRAGMA incremental_vacuum(\(limit))")
            return before - (try free())
        }
    }

    /// Moves the contents of the log into the file, and empties the log.
    ///
    /// The first checkpoint takes no write lock. The second takes it to empty the log, and has nothing left to move.
    /// - Returns: False if another process was reading or writing.
    package func emptyLog() throws -> Bool {
        var isBusy = false
        let isDone = try withoutWaiting {
            try database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            isBusy = try database.first("PRAGMA wal_checkpoint(TRUNCATE)") { row in try row.int64(0) } == 1
        }
        return isDone && !isBusy
    }

    /// Runs `body` without waiting for locks.
    /// - Returns: False if the database is locked.
    private func withoutWaiting(_ body: () throws -> Void) throws -> Bool {
        try database.execute("PRAGMA busy_timeout = 0")
        defer { try? database.execute("PRAGMA busy_timeout = \(timeoutMilliseconds)") }
        do {
            try body()
            return true
        } catch ResultCode.busy {
            return false
        }
    }
}
