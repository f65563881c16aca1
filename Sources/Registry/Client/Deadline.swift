/// When an operation, with all it takes, has to be over.
struct Deadline {
    private let end: Duration
    private let time: RegistryTime

    init(after limit: Duration, time: RegistryTime) {
        end = time.elapsed() + limit
        self.time = time
    }

    /// Zero or less when it has passed.
    var remaining: Duration { end - time.elapsed() }
}
