import Formatting

/// Whether there is enough room on a disk.
package struct SpaceFinding {
    /// The number of bytes below which nothing works.
    let least: Int64
    /// The number of bytes below which nothing may work soon.
    let comfortable: Int64
    /// What to do about it.
    package let advice: String

    /// The disk of the daemon: a pull or build of one typical image has to fit.
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

    /// - Parameter place: a path on the disk
    package func judge(_ state: FileSystemState, place: String) -> Finding {
        // A disk can also be full of small files.
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
