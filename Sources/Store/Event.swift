/// One completed lookup.
package struct Event: Equatable, Sendable {
    /// When the lookup ended, in milliseconds since 1970.
    package var at: Int64
    /// 40 hex digits; nil if the lookup failed before it had a key.
    package var key: String?
    /// The image's name, without a tag.
    package var image: String
    package var provider: String
    package var outcome: Outcome
    /// Why it was not a hit.
    package var reason: Reason?
    /// Nil if nothing failed.
    package var failure: Failure?
    /// The exit status of the lookup.
    package var exitStatus: Int64
    package var pipeline: String?
    package var branch: String?
    /// The build's number in Buildkite.
    package var build: String?
    /// The job's id in Buildkite.
    package var job: String?
    /// The step's key or label.
    package var step: String?
    package var milliseconds: StageMilliseconds
    /// The time that the lookup saved by not building the image, in milliseconds.
    package var savedMilliseconds: Int64?
    /// Bytes of the context that had to be read. Files with a hash in the index are not read.
    package var contextBytesRead: Int64?
    /// The size of the image, in bytes.
    package var imageBytes: Int64?

    package init(
        at: Int64,
        key: String? = nil,
        image: String,
        provider: String,
        outcome: Outcome,
        reason: Reason? = nil,
        failure: Failure? = nil,
        exitStatus: Int64 = 0,
        pipeline: String? = nil,
        branch: String? = nil,
        build: String? = nil,
        job: String? = nil,
        step: String? = nil,
        milliseconds: StageMilliseconds = StageMilliseconds(),
        savedMilliseconds: Int64? = nil,
        contextBytesRead: Int64? = nil,
        imageBytes: Int64? = nil
    ) {
        self.at = at
        self.key = key
        self.image = image
        self.provider = provider
        self.outcome = outcome
        self.reason = reason
        self.failure = failure
        self.exitStatus = exitStatus
        self.pipeline = pipeline
        self.branch = branch
        self.build = build
        self.job = job
        self.step = step
        self.milliseconds = milliseconds
        self.savedMilliseconds = savedMilliseconds
        self.contextBytesRead = contextBytesRead
        self.imageBytes = imageBytes
    }
}

/// How long each stage of a lookup took, in milliseconds; nil for a stage that did not run.
package struct StageMilliseconds: Equatable, Sendable {
    package var fingerprint: Int64?
    package var lookup: Int64?
    /// Waiting for another process that was building the same key.
    package var wait: Int64?
    package var pull: Int64?
    package var build: Int64?
    package var save: Int64?
    /// The whole lookup, from start to end.
    package var total: Int64?

    package init(
        fingerprint: Int64? = nil,
        lookup: Int64? = nil,
        wait: Int64? = nil,
        pull: Int64? = nil,
        build: Int64? = nil,
        save: Int64? = nil,
        total: Int64? = nil
    ) {
        self.fingerprint = fingerprint
        self.lookup = lookup
        self.wait = wait
        self.pull = pull
        self.build = build
        self.save = save
        self.total = total
    }
}
