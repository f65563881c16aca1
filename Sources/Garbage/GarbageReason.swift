/// Why something is removed.
package enum GarbageReason: String, Sendable {
    case expired
    case maximumSize = "max-size"
    case keep
    /// An earlier gc took the promise back, and did not get to the image.
    case leftover
    /// No entry of the index stands for it.
    case orphan
    case forgotten
    /// The directory is not there any more.
    case gone
    case unused
    case old

    /// For people, as the end of a sentence.
    package var explanation: String {
        switch self {
        case .expired: "it has reached its age"
        case .maximumSize: "there is more than max-size, and it was used longest ago"
        case .keep: "there are more images than keep, and others were used later"
        case .leftover: "an earlier gc ended before it got to it"
        case .orphan: "no entry of the index stands for it"
        case .forgotten: "it is to be forgotten"
        case .gone: "the directory is gone"
        case .unused: "it was not used for long"
        case .old: "it is old"
        }
    }
}
