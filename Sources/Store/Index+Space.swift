/// Space on the disk: how much the file holds without need, and giving it back.
extension Index {
    /// What the file holds, in bytes.
    package struct Space: Equatable, Sendable {
        /// The whole file, without its log.
        package var total: Int64
        /// Pages that nothing is in. New rows fill them again.
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

    /// Gives pages that nothing is in back to the file system, a few at a time (``Batches``). The file is shorter once
    /// the log has been moved into it (``emptyLog()``).
    ///
    /// An index that was not made for it (`auto_vacuum`) keeps them, and new rows fill them.
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

    /// Moves what is in the log into the file, and empties the log.
    ///
    /// At first without the write lock: a process that takes it, to empty the log, has nothing left to move then.
    /// - Returns: False if another process was reading or writing.
    package func emptyLog() throws -> Bool {
        var isBusy = false
        let isDone = try withoutWaiting {
            try database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            isBusy = try database.first("PRAGMA wal_checkpoint(TRUNCATE)") { row in try row.int64(0) } == 1
        }
        return isDone && !isBusy
    }

    /// Does what others would have to wait for, or that would have to wait for others.
    /// - Returns: False if it would have had to wait.
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
