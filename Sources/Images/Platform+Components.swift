extension Platform {
    /// Such as `linux`.
    package var operatingSystem: String { component(0) ?? "" }

    /// Such as `amd64`.
    package var architecture: String { component(1) ?? "" }

    /// Such as `v7` in `linux/arm/v7`; nil where the architecture has one form only, or it is the usual one.
    package var variant: String? { component(2) }

    /// Reads the `platform` of an index, or the same fields of an image's configuration.
    ///
    /// Nil without both an operating system and an architecture, or if they are none.
    package init?(describedBy json: JSONValue) {
        guard let system = json["os"]?.string, let architecture = json["architecture"]?.string else { return nil }
        let variant = json["variant"]?.string ?? ""
        self.init([system, architecture].joined(separator: "/") + (variant.isEmpty ? "" : "/\(variant)"))
    }

    /// This platform, then the older variants of its architecture that it runs as well, the newest first.
    ///
    /// The order is that of containerd's `platforms.Only`.
    var runnable: [Platform] {
        let older: [String?] =
            switch (architecture, variant) {
            case ("arm", "v8"): ["v7", "v6", "v5"]
            case ("arm", "v7"): ["v6", "v5"]
            case ("arm", "v6"): ["v5"]
            case ("amd64", "v4"): ["v3", "v2", nil]
            case ("amd64", "v3"): ["v2", nil]
            case ("amd64", "v2"): [nil]
            case ("arm64", .some): [nil]
            default: []
            }
        let texts = older.map { variant in
            "\(operatingSystem)/\(architecture)" + (variant.map { "/\($0)" } ?? "")
        }
        return [self] + texts.compactMap(Platform.init)
    }

    private func component(_ position: Int) -> String? {
        let parts = description.split(separator: "/")
        return position < parts.count ? String(parts[position]) : nil
    }
}
