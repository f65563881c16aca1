/// The variables that `FROM` can use: the arguments declared before the first stage, and the platform.
struct GlobalVariables: ShellVariables {
    enum Value: Equatable {
        case known([UInt8])
        case unknown(String)
    }

    private(set) var values: [[UInt8]: Value] = [:]
    /// The names that were asked for.
    private(set) var used: Set<[UInt8]> = []
    /// The names that the default of an argument uses.
    private var uses: [[UInt8]: Set<[UInt8]>] = [:]

    init(_ stages: DockerfileStages, parameters: DockerfileParameters) {
        let given = parameters.values
        for (name, value) in PlatformArguments.values(for: parameters.platform) {
            let name = Array(name.utf8)
            values[name] = given[name].map(Value.known) ?? value
        }
        for (declaration, _) in stages.globals {
            if let value = given[declaration.name] {
                values[declaration.name] = .known(value)
            } else if let text = declaration.defaultValue {
                define(declaration.name, as: text, escape: stages.escape)
            } else if values[declaration.name] != nil {
                // BuildKit of Docker 20.10 forgets the value here, and later ones keep it (tried).
                let name = DockerfileText.string(declaration.name)
                values[declaration.name] = .unknown("\(name) is declared again without a value")
            }
        }
    }

    private mutating func define(_ name: [UInt8], as text: [UInt8], escape: UInt8) {
        used = []
        do {
            values[name] = .known(try ShellLexer.expand(text, escape: escape, variables: &self))
        } catch {
            // What was not reached counts too: the builder knows the value, and makes it of all that is named here.
            values[name] = .unknown(error.problem)
            used.formUnion(DockerfileText.variableNames(in: text))
        }
        uses[name, default: []].formUnion(used)
        used = []
    }

    /// Notes that a word whose value cannot be told depends on every variable it names.
    mutating func use(allIn text: [UInt8]) { used.formUnion(DockerfileText.variableNames(in: text)) }

    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]? {
        used.insert(name)
        switch values[name] {
        case nil: return nil
        case .known(let value): return value
        case .unknown(let problem): throw ShellError(problem)
        }
    }

    /// `names`, and whatever their defaults use in turn.
    func closure(of names: Set<[UInt8]>) -> Set<[UInt8]> {
        var closure: Set<[UInt8]> = []
        var open = Array(names)
        while let name = open.popLast() {
            if closure.insert(name).inserted { open += uses[name] ?? [] }
        }
        return closure
    }
}

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
