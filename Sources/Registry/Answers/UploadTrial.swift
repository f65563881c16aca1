/// How a registry took the beginning of an upload that was not meant.
package enum UploadTrial: Equatable, Sendable {
    /// It would have taken a blob. Nothing is left of the attempt.
    case accepted
    /// It would have taken a blob, and did not let the upload be taken back. It forgets it by itself, after some time.
    case acceptedForGood
    /// The repository is not there.
    case noRepository
}
