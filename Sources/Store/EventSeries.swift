/// What the lookups of one image in one pipeline with one provider come to.
package struct EventSeries: Equatable, Sendable {
    package var image: String
    /// Nil outside of any pipeline.
    package var pipeline: String?
    package var provider: String
    package var sums: EventSums
    /// How many lookups had which reason for being no hit, sorted by reason.
    package var reasons: [ReasonCount]

    package init(image: String, pipeline: String?, provider: String, sums: EventSums, reasons: [ReasonCount] = []) {
        self.image = image
        self.pipeline = pipeline
        self.provider = provider
        self.sums = sums
        self.reasons = reasons
    }
}
