/// An operating system and an architecture, normalised, such as `linux/amd64` or `linux/arm/v7`.
///
/// Docker knows some architectures by several names; an image built for `linux/x86_64` and one for `linux/amd64`
/// must have the same key. The aliases are those of containerd's `platforms` package.
package struct Platform: Hashable, Sendable, CustomStringConvertible {
    /// The normalised form.
    package let description: String

    /// Parses `os/architecture[/variant]`, a single operating system or architecture, or `local` for this machine's
    /// platform.
    ///
    /// Returns nil if `text` is not of that form, for instance if it names several platforms.
    package init?(_ text: String) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy(Self.isWellFormed) else { return nil }
        if parts == ["local"] {
            self = .thisMachine
            return
        }
        if parts.count == 1 {
            // containerd treats a single word as an operating system if it knows it as one, otherwise as an
            // architecture.
            let knownSystems: Set<String> = ["linux", "windows", "darwin", "freebsd"]
            if knownSystems.contains(parts[0]) {
                self.init(system: parts[0], architecture: Self.machineArchitecture, variant: nil)
            } else {
                self.init(system: "linux", architecture: parts[0], variant: nil)
            }
        } else {
            self.init(system: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
        }
    }

    /// The default platform of a daemon on this machine.
    package static var thisMachine: Platform {
        Platform(system: "linux", architecture: machineArchitecture, variant: nil)
    }

    private init(system: String, architecture: String, variant: String?) {
        var name = architecture
        var revision = variant
        switch (architecture, variant) {
        case ("x86_64", _), ("x86-64", _), ("amd64", "v1"):
            name = "amd64"
            revision = variant == "v1" ? nil : variant
        case ("aarch64", _), ("arm64", "v8"), ("arm64", "8"):
            name = "arm64"
            revision = nil
        case ("armhf", _), ("arm", nil), ("arm", "7"):
            name = "arm"
            revision = "v7"
        case ("armel", _):
            name = "arm"
            revision = "v6"
        case ("i386", _), ("i686", _):
            name = "386"
            revision = nil
        default: break
        }
        description = "\(system)/\(name)" + (revision.map { "/\($0)" } ?? "")
    }

    private static func isWellFormed(_ part: String) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy {
                $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    private static var machineArchitecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #elseif arch(arm)
            "arm"
        #elseif arch(i386)
            "386"
        #elseif arch(powerpc64le)
            "ppc64le"
        #elseif arch(s390x)
            "s390x"
        #else
            "riscv64"
        #endif
    }
}

extension Platform {
    /// Such as `linux`.
    package var operatingSystem: String { component(0) ?? "" }

    /// Such as `amd64`.
    package var architecture: String { component(1) ?? "" }

    /// Such as `v7` in `linux/arm/v7`. Nil if the normalised form has no variant, as for `linux/amd64`.
    package var variant: String? { component(2) }

    /// Parses the `platform` of an index, or the same fields of an image's configuration.
    ///
    /// Nil if the operating system or the architecture is missing, or if they are malformed.
    package init?(describedBy json: JSONValue) {
        guard let system = json["os"]?.string, let architecture = json["architecture"]?.string else { return nil }
        let variant = json["variant"]?.string ?? ""
        self.init([system, architecture].joined(separator: "/") + (variant.isEmpty ? "" : "/\(variant)"))
    }

    /// This platform, followed by the older variants of its architecture that it can also run, newest first.
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
