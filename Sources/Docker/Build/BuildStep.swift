/// One instruction of a build, as the builder told of it.
package struct BuildStep: Equatable, Sendable {
    /// As the builder has it, such as `[base 2/3] RUN make`, or `Step 2/3 : RUN make`.
    package var name: String
    /// Whether its result was there already.
    package var isCached: Bool

    package init(name: String, isCached: Bool) {
        self.name = name
        self.isCached = isCached
    }
}
