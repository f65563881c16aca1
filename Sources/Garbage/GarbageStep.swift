package import Docker
package import Store
import SystemPackage

/// One thing that gc does. Each is whole by itself: gc may end after any of them.
package enum GarbageStep: Equatable, Sendable {
    /// Drops an entry whose image is not in the daemon, or stays there for another entry.
    case dropEntry(Entry, GarbageReason)
    /// Takes back what entries promise, then takes an image's own names away.
    case removeImage(ImageRemoval)
    /// Forgets the hashes of a checkout.
    case forgetCheckout(Checkout, GarbageReason)
    /// Removes rows from before a time, in milliseconds since 1970.
    case removeRows(Housekeeping.Kind, before: Int64, count: Int64)
    case removeFile(LeftoverFile)
    /// Removes most of what BuildKit keeps of contexts.
    case pruneContexts(BuilderUsage)
    /// Writes the index anew without its empty pages.
    case compact

    /// What an entry that promises an image comes to when the image goes.
    package enum Claim: Equatable, Sendable {
        /// It goes too.
        case drop(Entry)
        /// It stays, with its age and what the registry has, and promises no local image any more.
        case release(Entry)

        package var entry: Entry {
            switch self {
            case .drop(let entry), .release(let entry): entry
            }
        }
    }

    /// An image to be removed, by its own names.
    package struct ImageRemoval: Equatable, Sendable {
        package let image: LocalImage
        package let reason: GarbageReason
        let claims: [Claim]
        /// In the order in which they go; the one it is looked up by is the last.
        package let names: [String]
        /// Names that others gave it, and that stay.
        let foreignNames: [String]

        /// What docker can free by it, in bytes; layers that others need stay.
        package var bytes: Int64 { foreignNames.isEmpty ? image.size : 0 }
    }
}
