import Formatting

/// Whether there is enough room on a disk.
package struct SpaceFinding {
    /// Bytes below which nothing works any more.
    let least: Int64
    /// Bytes below which it soon will be so.
    let comfortable: Int64
    /// What to do about it.
    package let advice: String

    /// The disk of the daemon: a pull or build of one usual image has to fit.
    package static let docker = SpaceFinding(
        least: 1_000_000_000,
        comfortable: 5_000_000_000,
        advice: "Remove what is no longer needed: `docker system df` shows what docker holds."
    )

    /// The disk of the index: a transaction has to fit.
    package static let index = SpaceFinding(
        least: 16_000_000,
        comfortable: 256_000_000,
        advice: "Free some space, or name an index on another disk (DOCKER_CACHE_INDEX)."
    )

    /// - Parameter place: what the disk is of, as a path
    package func judge(_ state: FileSystemState, place: String) -> Finding {
        // A disk can be full of small files, too.
        if let files = state.freeFiles, files < Self.leastFiles {
            return .problem("no more than \(files) files can be made where \(place) is", advice: advice)
        }
        let text = "\(Quantity.bytes(state.available)) free for \(place)"
        if state.available < least { return .problem("only \(text)", advice: advice) }
        if state.available < comfortable { return .warning("only \(text)", advice: advice) }
        return .ok(text)
    }

    private static let leastFiles: Int64 = 100
}
