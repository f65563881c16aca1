/// What the lookups with one value of a dimension come to.
package struct EventGroup: Equatable, Sendable {
    /// Such as the image's name; nil for lookups without such a value, as outside of any pipeline.
    package var value: String?
    package var sums: EventSums

    package init(value: String?, sums: EventSums) {
        self.value = value
        self.sums = sums
    }
}
