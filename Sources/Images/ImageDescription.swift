/// What an image says of itself, wherever it was asked: the daemon and the registry tell the same.
package protocol ImageDescription {
    var labels: [String: String] { get }
    /// When it was built, as text in RFC 3339; nil if it does not say.
    var createdText: String? { get }
}

extension ImageConfiguration: ImageDescription {
    package var createdText: String? { created }
}
