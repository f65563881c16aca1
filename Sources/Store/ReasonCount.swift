/// How many lookups there were for one reason: why they were no hit, or what failed.
package struct ReasonCount: Equatable, Sendable {
    /// As in `new-key` or `build-failed`.
    package var reason: String
    package var lookups: Int64

    package init(reason: String, lookups: Int64) {
        self.reason = reason
        self.lookups = lookups
    }
}
