import CLibrary

/// The index blobs of the directories of one checkout.
///
/// One thread adds them in ascending order of their paths during the walk. A worker that needs a directory beyond that
/// point waits. The walk has about the same order, so it rarely waits.
package final class KnownDirectories: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var places: [(path: [UInt8], blob: UnsafeRawBufferPointer)] = []
    private var numbers: [[UInt8]: Int] = [:]
    private var isComplete: Bool
    private var waiting = 0

    /// - Parameter isComplete: false if ``add(path:records:)`` and finally ``complete()`` will be called during the
    ///   walk.
    package init(isComplete: Bool = true) {
        self.isComplete = isComplete
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        for place in places {
            place.blob.deallocate()
        }
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Creates the contents of an initially empty index after `changes`.
    package convenience init(_ changes: DirectoryChanges) {
        self.init()
        for (directory, records) in changes.changed {
            directory.withUnsafeBytes { directory in
                records.withUnsafeBytes { add(path: directory, records: $0) }
            }
        }
    }

    /// Adds the blob of a directory.
    ///
    /// - Parameter path: relative to the root of the context, `/` between names; empty for the root itself.
    package func add(path: UnsafeRawBufferPointer, records: UnsafeRawBufferPointer) {
        let path = Array(path)
        let blob = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 8)
        blob.copyMemory(from: records)
        pthread_mutex_lock(mutex)
        numbers[path] = places.count
        places.append((path, UnsafeRawBufferPointer(blob)))
        let wakesSomeone = waiting > 0
        pthread_mutex_unlock(mutex)
        if wakesSomeone {
            pthread_cond_broadcast(condition)
        }
    }

    /// Marks the end of the additions.
    package func complete() {
        pthread_mutex_lock(mutex)
        isComplete = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }

    /// The number of directories added so far.
    package var count: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return places.count
    }

    /// Returns the paths of the directories with numbers that fulfil `condition`. Call it after ``complete()``.
    func paths(where condition: (Int) -> Bool) -> [[UInt8]] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return places.indices.filter(condition).map { places[$0].path }
    }

    /// Returns the number and the blob of a directory; nil if it is unknown. Waits while it may still be added.
    func find(_ path: [UInt8]) -> (number: Int, blob: UnsafeRawBufferPointer)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let number = numbers[path] {
                return (number, places[number].blob)
            }
            if isComplete || places.last.map({ path.lexicographicallyPrecedes($0.path) }) ?? false {
                return nil
            }
            waiting += 1
            pthread_cond_wait(condition, mutex)
            waiting -= 1
        }
    }
}
