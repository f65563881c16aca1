import Docker
import Images

/// What an image says of itself, wherever it was asked: the daemon and the registry tell the same.
protocol ImageDescription {
    var labels: [String: String] { get }
    /// When it was built, as text in RFC 3339; nil if it does not say.
    var createdText: String? { get }
}

extension ImageDetails: ImageDescription {
    var createdText: String? { created.isEmpty ? nil : created }
}

extension ImageConfiguration: ImageDescription {
    var createdText: String? { created }
}
