/// How a build ended.
package struct BuildOutcome: Equatable, Sendable {
    /// The builder's exit status: 0 if the image is there now.
    package var status: Int32
    /// The steps that the builder told of.
    package var steps: [BuildStep]

    package init(status: Int32, steps: [BuildStep]) {
        self.status = status
        self.steps = steps
    }
}
