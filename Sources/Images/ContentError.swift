/// Why bytes from a registry are not the manifest, index or configuration they are meant to be.
///
/// The description completes the sentence "The content of … cannot be used: ".
package enum ContentError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case missing(field: String)
    case malformedDigest(String)
    case negativeSize(Int64)
    case unknownType(MediaType)
    /// The content says that it is of another type than the registry says.
    case contradictoryType(stated: MediaType, own: MediaType)
    /// The content could be read as one image and as several. Which of the two it is would depend on the reader
    /// (CVE-2021-41190).
    case ambiguous

    package var description: String {
        switch self {
        case .notJSON: "it is not a JSON object"
        case .missing(let field): "it has no \"\(field)\", or one of another kind than the specification wants"
        case .malformedDigest(let text):
            "\"\(text.prefix(100))\" is not a digest of the form sha256:… with 64 hex digits"
        case .negativeSize(let size): "it gives a size of \(size) bytes"
        case .unknownType(let type): "it is of type \"\(type)\", which is not an image's"
        case .contradictoryType(let stated, let own):
            "the registry says it is of type \"\(stated)\", and the content itself says \"\(own)\""
        case .ambiguous: "it has the fields of an index and those of a manifest"
        }
    }
}
