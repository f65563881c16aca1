/// Why a builder cannot send the layers of all stages to a registry.
enum LayerExportObstacle {
    static let noBuildx = "the builder is not buildx"

    /// The driver in the answer of `docker buildx inspect`, such as `docker-container`; nil if there is none.
    static func driver(_ answer: String) -> String? {
        answer.split(separator: "\n")
            .first { $0.hasPrefix("Driver:") }
            .map { $0.dropFirst("Driver:".count).filter { !$0.isWhitespace } }
    }

    /// The driver `docker` exports layers only where the daemon keeps images in containerd's store.
    ///
    /// - Parameter status: the answer of `docker info --format '{{json .DriverStatus}}'`
    static func ofDockersDriver(status: String) -> String? {
        status.contains("io.containerd.snapshotter.v1")
            ? nil
            : "buildx uses the driver docker, whose daemon does not keep its images in containerd's store. Make a "
                + "builder with `docker buildx create --driver docker-container --name NAME` and let the variable "
                + "BUILDX_BUILDER name it, or turn that store on"
    }
}
