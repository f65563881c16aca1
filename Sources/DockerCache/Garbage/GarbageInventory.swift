import Docker
import Store

/// Everything that a plan is made of, as it was found.
struct GarbageInventory: Equatable, Sendable {
    var entries: [Entry] = []
    /// Nil if the daemon could not be asked: then what may be in it is left alone.
    var daemon: Daemon?
    var checkouts: [FoundCheckout] = []
    /// How many rows of each kind are old enough to go, and from before which time.
    var rows: [FoundRows] = []
    var files: [LeftoverFile] = []
    /// What BuildKit keeps; nil where that is not known, or nothing of it may be removed.
    var builder: BuilderUsage?
    var space = Index.Space(total: 0, free: 0)

    struct Daemon: Equatable, Sendable {
        /// Those that were built by this tool.
        var images: [LocalImage]
        /// The ids of those that containers use.
        var used: Set<String>
    }

    struct FoundCheckout: Equatable, Sendable {
        var checkout: Checkout
        var isThere: Bool
    }

    struct FoundRows: Equatable, Sendable {
        var kind: Housekeeping.Kind
        /// Milliseconds since 1970.
        var before: Int64
        var count: Int64
    }
}
