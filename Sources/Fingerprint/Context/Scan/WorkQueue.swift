import CLibrary

/// A queue of jobs for several threads. Each job may add more.
///
/// The newest job runs first: the walk is then depth-first, and few jobs wait.
final class WorkQueue<Job>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var unfinished = 0
    private var waiting = 0
    private var isStopped = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func add(_ more: some Collection<Job>) {
        guard !more.isEmpty else {
            return
        }
        pthread_mutex_lock(mutex)
        jobs.append(contentsOf: more)
        unfinished += more.count
        let wakesSomeone = waiting > 0
        pthread_mutex_unlock(mutex)
        if wakesSomeone {
            pthread_cond_broadcast(condition)
        }
    }

    /// Returns the next job; nil when all are done or the queue is stopped. Waits while running jobs may still add
    /// some. A call to ``finishOne()`` must follow every returned job.
    func next() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isStopped {
            if let job = jobs.popLast() {
                return job
            }
            guard unfinished > 0 else {
                return nil
            }
            waiting += 1
            pthread_cond_wait(condition, mutex)
            waiting -= 1
        }
        return nil
    }

    func finishOne() {
        pthread_mutex_lock(mutex)
        unfinished -= 1
        let isDone = unfinished == 0
        pthread_mutex_unlock(mutex)
        if isDone {
            pthread_cond_broadcast(condition)
        }
    }

    /// Waits until all jobs are done or the queue is stopped. Returns false if that takes longer than the given time.
    func waitUntilDone(nanoseconds: UInt64) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        let end = UInt64(deadline.tv_nsec) + nanoseconds
        deadline.tv_sec += time_t(end / 1_000_000_000)
        deadline.tv_nsec = Int(end % 1_000_000_000)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while unfinished > 0, !isStopped {
            if pthread_cond_timedwait(condition, mutex, &deadline) != 0 {
                return false
            }
        }
        return true
    }

    /// Discards the remaining jobs.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        jobs.removeAll()
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }
}
