package import SystemPackage

/// Something that happened to the index and that the caller should warn of, although there is a usable one now.
package enum IndexNotice: Equatable, Sendable, CustomStringConvertible {
    /// The file was damaged, and has another name now.
    case movedAside(FilePath, to: FilePath, reason: String)

    package var description: String {
        switch self {
        case .movedAside(let path, let aside, let reason):
            """
            the index \(path) could not be used: \(reason). It was moved to \(aside) and a new one begun; \
            images are found again as they are looked up. Delete the old file when nobody needs it.
            """
        }
    }
}
