package import Images

/// What a build keeps so that a builder elsewhere can take layers.
package enum LayerExport: Equatable, Sendable {
    case none
    /// The image itself says which steps made its layers. Only the stage that is built is covered.
    case inline
    /// The layers of all stages go to the registry, beside the image.
    case registry(ImageReference)
}
