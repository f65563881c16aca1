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
