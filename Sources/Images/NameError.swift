/// Why a text is not the name, or not the tag, of an image.
///
/// The description completes the sentence "… is not a name Docker accepts: ".
package enum NameError: Error, Equatable, CustomStringConvertible {
    case empty
    case emptyComponent
    case uppercase(component: String)
    case hasTag(component: String)
    case separator(component: String, separator: String)
    case separatorAtEdge(component: String)
    case character(component: String)
    case malformedHost(String)
    case tooLong(length: Int)
    case looksLikeIdentifier
    case malformedTag(String)
    case malformedDigest(String)

    package var description: String {
        switch self {
        case .empty:
            "it is empty"
        case .emptyComponent:
            "there is nothing between two slashes, or before the first, or after the last"
        case .uppercase(let component):
            "\"\(component)\" has capital letters; write \"\(component.lowercased())\""
        case .hasTag(let component):
            "\"\(component)\" has a tag or digest on it; give the name alone"
        case .separator(let component, let separator):
            "\"\(component)\" has \"\(separator)\" in it; "
                + "between letters and digits stand one \".\", one \"_\", \"__\", or hyphens"
        case .separatorAtEdge(let component):
            "\"\(component)\" begins or ends with \".\", \"_\" or \"-\"; it must begin and end with a letter or digit"
        case .character(let component):
            "\"\(component)\" has a character other than a-z, 0-9, \".\", \"_\" and \"-\""
        case .malformedHost(let host):
            "\"\(host)\" is not a host, or host:port"
        case .tooLong(let length):
            "it has \(length) characters; \(RepositoryName.maximumLength) are allowed"
        case .looksLikeIdentifier:
            "64 hex digits are the id of an image"
        case .malformedTag(let tag):
            "the tag \"\(tag)\" must have 1 to 128 letters, digits, \"_\", \".\" and \"-\", "
                + "and begin with none of the last two"
        case .malformedDigest(let digest):
            "the digest \"\(digest)\" is not sha256: and 64 hex digits in lower case"
        }
    }
}
