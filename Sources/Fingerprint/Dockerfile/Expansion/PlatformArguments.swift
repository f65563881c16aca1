/// The arguments that BuildKit sets without being asked: what is built for, and where.
///
/// https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
enum PlatformArguments {
    /// Those that tell of the machine that builds.
    static let ofBuilder = ["BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"]

    /// - Parameter platform: such as `linux/amd64`.
    static func values(for platform: String) -> [(name: String, value: GlobalVariables.Value)] {
        func unknown(_ name: String) -> (name: String, value: GlobalVariables.Value) {
            (name, .unknown("the value of \(name) is the builder's"))
        }

        // TARGETSTAGE and TARGETOSVERSION are set or not, depending on the version.
        var values = (ofBuilder + ["TARGETOSVERSION", "TARGETSTAGE"]).map(unknown)
        let parts = platform.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }
        // Other names are turned into these, and variants into none, by rules of their own.
        let isPlain = (2...3).contains(parts.count) && plainArchitectures.contains(DockerfileText.string(parts[1]))
        if isPlain {
            values += [("TARGETOS", .known(parts[0])), ("TARGETARCH", .known(parts[1]))]
        } else {
            values += [unknown("TARGETOS"), unknown("TARGETARCH")]
        }
        if isPlain, parts.count == 2, parts[1] == Array("amd64".utf8) {
            values += [("TARGETPLATFORM", .known(Array(platform.utf8))), ("TARGETVARIANT", .known([]))]
        } else {
            values += [unknown("TARGETPLATFORM"), unknown("TARGETVARIANT")]
        }
        return values
    }

    private static let plainArchitectures: Set<String> = [
        "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x",
    ]

    /// Whether `RUN` sees the argument although no stage declares it.
    static func isProxy(_ name: String) -> Bool {
        ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"].contains(name.lowercased())
    }

    /// Whether it counts wherever it is declared, or not at all.
    static func countsUndeclared(_ name: String) -> Bool {
        name.hasPrefix("BUILDKIT_") || name == "SOURCE_DATE_EPOCH"
    }
}
