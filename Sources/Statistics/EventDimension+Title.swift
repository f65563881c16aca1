package import Store

extension EventDimension {
    /// For the head of a column.
    package var title: String {
        switch self {
        case .image: "Image"
        case .pipeline: "Pipeline"
        case .branch: "Branch"
        case .provider: "Provider"
        case .reason: "Reason"
        case .day: "Day"
        }
    }
}
