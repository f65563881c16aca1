package import Docker
package import Store

/// Everything that a plan is made of, as it was found.
package struct GarbageInventory: Equatable, Sendable {
    package var entries: [Entry] = []
    /// Nil if the daemon could not be asked: then what may be in it is left alone.
    package var daemon: Daemon?
    package var checkouts: [FoundCheckout] = []
    /// How many rows of each kind are old enough to go, and from before which time.
    package var rows: [FoundRows] = []
    package var files: [LeftoverFile] = []
    /// What BuildKit keeps; nil where that is not known, or nothing of it may be removed.
    package var builder: BuilderUsage?
    package var space = Index.Space(total: 0, free: 0)

    package struct Daemon: Equatable, Sendable {
        /// Those that were built by this tool.
        package var images: [LocalImage]
        /// The ids of those that containers use.
        package var used: Set<String>
    }

    package struct FoundCheckout: Equatable, Sendable {
        package var checkout: Checkout
        package var isThere: Bool
    }

    package struct FoundRows: Equatable, Sendable {
        package var kind: Housekeeping.Kind
        /// Milliseconds since 1970.
        package var before: Int64
        package var count: Int64
    }
}
