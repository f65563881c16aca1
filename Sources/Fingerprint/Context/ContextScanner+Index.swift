package import Store
import SystemPackage

extension ContextScanner {
    /// Scans with the directory records from the index, and stores changed records in the index.
    ///
    /// - Parameters:
    ///   - states: nil if there is no index
    ///   - now: milliseconds since 1970
    ///   - indexFailed: called with an error of the index. The scan continues without the index and reads the files
    package func scan(
        remembering states: DirectoryStates?,
        now: Int64,
        indexFailed: (any Error) -> Void
    ) throws(ContextError) -> ScannedContext {
        // Links are resolved, so that a directory has one name, however its path is written.
        guard let checkout = ResolvedPath.resolve(root)?.pathBytes else { throw .noDirectory(root: root) }
        var usable = states
        var loadMilliseconds = 0.0
        let known = KnownDirectories(isComplete: false)
        let outcome = try scan(known: known) {
            let started = clock.monotonic()
            do {
                if let states, let number = try states.findCheckout(checkout) {
                    try load(states, checkout: number, into: known)
                }
            } catch {
                // Records loaded before the failure remain usable: each blob has a checksum.
                indexFailed(error)
                usable = nil
            }
            known.complete()
            loadMilliseconds = Double(clock.monotonic() - started) / 1_000_000
        }
        let scanned = clock.monotonic()
        if let usable {
            do {
                let number = try usable.checkout(for: checkout, now: now)
                if !outcome.changes.isEmpty {
                    try usable.update(
                        checkout: number,
                        changed: outcome.changes.changed,
                        removed: outcome.changes.removed
                    )
                }
            } catch {
                indexFailed(error)
            }
        }
        var context = outcome.context
        context.statistics.loadMilliseconds = loadMilliseconds
        context.statistics.saveMilliseconds = Double(clock.monotonic() - scanned) / 1_000_000
        return context
    }

    private func load(_ states: DirectoryStates, checkout: Int64, into known: KnownDirectories) throws {
        guard let directories = scope.directories else {
            try states.forEach(checkout: checkout) { known.add(path: $0, records: $1) }
            return
        }
        var found: [(path: [UInt8], records: [UInt8])] = []
        try states.forEach(checkout: checkout, at: directories.onTheWay, below: directories.inside) {
            found.append((Array($0), Array($1)))
        }
        for (path, records) in found.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
            path.withUnsafeBytes { path in records.withUnsafeBytes { known.add(path: path, records: $0) } }
        }
    }
}
