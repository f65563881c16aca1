/// The blobs that the index has for the directories of one checkout. Read once before the walk, then looked up by many
/// threads.
package final class KnownDirectories: @unchecked Sendable {
    private var blobs: [UInt8] = []
    private var places: [(path: [UInt8], blob: Range<Int>)] = []
    private var numbers: [[UInt8]: Int] = [:]

    package init() {}

    /// What an index would know that knew nothing before.
    package convenience init(_ changes: DirectoryChanges) {
        self.init()
        for (directory, records) in changes.changed {
            directory.withUnsafeBytes { directory in
                records.withUnsafeBytes { add(path: directory, records: $0) }
            }
        }
    }

    /// - Parameter path: relative to the root of the context, `/` between names; empty for the root itself.
    package func add(path: UnsafeRawBufferPointer, records: UnsafeRawBufferPointer) {
        let start = blobs.count
        blobs.append(contentsOf: records)
        numbers[Array(path)] = places.count
        places.append((Array(path), start..<blobs.count))
    }

    package var count: Int { places.count }

    /// The paths of the directories whose number fulfils `condition`.
    func paths(where condition: (Int) -> Bool) -> [[UInt8]] {
        places.indices.filter(condition).map { places[$0].path }
    }

    func number(of path: [UInt8]) -> Int? { numbers[path] }

    /// Hands the records of a directory to `body`, or nil if they are damaged or not to be believed.
    func withRecords<Result, Failure: Error>(
        of number: Int,
        now: Int64,
        _ body: (inout DirectoryRecords?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let blobs = blobs
        let blob = places[number].blob
        return try blobs.span.withUnsafeBytes { bytes throws(Failure) in
            var records = DirectoryRecords(UnsafeRawBufferPointer(rebasing: bytes[blob]), now: now)
            return try body(&records)
        }
    }
}
