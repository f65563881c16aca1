/// The variables that `FROM` can use: the arguments declared before the first stage, and the platform.
struct GlobalVariables: ShellVariables {
    enum Value: Equatable {
        case known([UInt8])
        case unknown(String)
    }

    private(set) var values: [[UInt8]: Value] = [:]
    /// The names that were used.
    private(set) var used: Set<[UInt8]> = []
    /// The names that the default of each argument uses.
    private var uses: [[UInt8]: Set<[UInt8]>] = [:]
    /// The meanings of the values that only the builder knows.
    private var unknown: [[UInt8]: Meaning] = [:]

    init(_ stages: DockerfileStages, parameters: DockerfileParameters) {
        let given = parameters.values
        for (name, value) in PlatformArguments.values(for: parameters.platform) {
            let name = Array(name.utf8)
            values[name] = given[name].map(Value.known) ?? value
        }
        var line = 0
        var names: Set<[UInt8]> = []
        var before = self
        for (declaration, lineOfDeclaration) in stages.globals {
            if line != lineOfDeclaration {
                names = []
                before = self
            }
            line = lineOfDeclaration
            defer { names.insert(declaration.name) }
            if let value = given[declaration.name] {
                values[declaration.name] = .known(value)
            } else if let text = declaration.defaultValue {
                define(declaration.name, as: text, escape: stages.escape, after: names, before: before)
            } else if values[declaration.name] != nil {
                // BuildKit in Docker 20.10 discards the value here, and later versions keep it (tested).
                var redeclared = Meaning("declared again")
                redeclared.append(meaning(of: declaration.name))
                let name = DockerfileText.string(declaration.name)
                values[declaration.name] = .unknown("\(name) is declared again without a value")
                unknown[declaration.name] = redeclared
            }
        }
    }

    /// - Parameters:
    ///   - others: the names that the same instruction declares earlier.
    ///   - before: the variables before that instruction.
    private mutating func define(
        _ name: [UInt8],
        as text: [UInt8],
        escape: UInt8,
        after others: Set<[UInt8]>,
        before: GlobalVariables
    ) {
        used = []
        do throws(ShellError) {
            guard others.isDisjoint(with: DockerfileText.variableNames(in: text)) else {
                throw .usesArgumentOfSameInstruction(name)
            }
            values[name] = .known(try ShellLexer.expand(text, escape: escape, variables: &self))
        } catch {
            // Names that the expansion did not reach are included too: the builder knows the value, and computes it
            // from all the names here. A name declared by the same instruction may still have its previous value.
            var made = meaning(ofText: text)
            made.append(before.meaning(ofText: text))
            unknown[name] = made
            values[name] = .unknown(error.problem)
            used.formUnion(DockerfileText.variableNames(in: text))
        }
        uses[name, default: []].formUnion(used)
        used = []
    }

    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]? {
        used.insert(name)
        switch values[name] {
        case nil: return nil
        case .known(let value): return value
        case .unknown(let problem): throw ShellError(problem)
        }
    }

    /// Returns the meaning of a string in which the builder replaces variables.
    func meaning(ofText text: [UInt8]) -> Meaning { .text(text) { meaning(of: $0) } }

    /// Returns what determines the value of a variable: the value itself if it is certain.
    func meaning(of name: [UInt8]) -> Meaning {
        var meaning: Meaning
        switch values[name] {
        case nil: meaning = .unset
        case .known(let value): meaning = .value(value)
        case .unknown:
            meaning = unknown[name] ?? Meaning("of the builder")
            meaning.append(name)
        }
        meaning.depends(on: closure(of: [name]))
        return meaning
    }

    /// Returns `names` and all names that their defaults use, directly or indirectly.
    func closure(of names: Set<[UInt8]>) -> Set<[UInt8]> {
        var closure: Set<[UInt8]> = []
        var open = Array(names)
        while let name = open.popLast() {
            if closure.insert(name).inserted { open += uses[name] ?? [] }
        }
        return closure
    }
}

/// The arguments that BuildKit sets automatically: the target platform and the build platform.
///
/// https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
enum PlatformArguments {
    /// The variables that describe the build machine.
    static let ofBuilder = ["BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"]

    /// - Parameter platform: such as `linux/amd64`.
    static func values(for platform: String) -> [(name: String, value: GlobalVariables.Value)] {
        func unknown(_ name: String) -> (name: String, value: GlobalVariables.Value) {
            (name, .unknown("the value of \(name) is the builder's"))
        }

        // Whether TARGETSTAGE and TARGETOSVERSION are set depends on the version.
        let builders = (ofBuilder + ["TARGETOSVERSION", "TARGETSTAGE"]).map(unknown)
        guard let (architecture, variant) = normalized(platform) else {
            return builders + ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"].map(unknown)
        }
        let whole = "linux/\(architecture)" + (variant.isEmpty ? "" : "/\(variant)")
        let known = [
            ("TARGETPLATFORM", whole), ("TARGETOS", "linux"), ("TARGETARCH", architecture), ("TARGETVARIANT", variant),
        ]
        return builders + known.map { (name: $0.0, value: .known(Array($0.1.utf8))) }
    }

    /// Returns the architecture and its variant, by the rules of containerd/platforms; nil if they are not certain.
    ///
    /// Tested with Docker 20.10, 26.1 and 28.5: all agree.
    private static func normalized(_ platform: String) -> (architecture: String, variant: String)? {
        let parts = platform.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts[0] == "linux" else {
            return nil
        }
        let variant = parts.count == 3 ? parts[2] : ""
        switch (parts[1], variant) {
        case ("amd64", ""), ("amd64", "v1"), ("x86_64", ""), ("x86-64", ""): return ("amd64", "")
        case ("amd64", "v2"), ("amd64", "v3"), ("amd64", "v4"): return ("amd64", variant)
        case ("arm64", ""), ("arm64", "8"), ("arm64", "v8"), ("aarch64", ""): return ("arm64", "")
        case ("arm", ""), ("arm", "7"), ("arm", "v7"), ("armhf", ""): return ("arm", "v7")
        case ("arm", "5"), ("arm", "6"), ("arm", "8"): return ("arm", "v\(variant)")
        case ("arm", "v5"), ("arm", "v6"), ("arm", "v8"): return ("arm", variant)
        case ("armel", ""): return ("arm", "v6")
        case ("386", ""), ("i386", ""): return ("386", "")
        case ("loong64", ""), ("mips64le", ""), ("ppc64le", ""), ("riscv64", ""), ("s390x", ""): return (parts[1], "")
        default: return nil
        }
    }

    /// Whether `RUN` sees the argument even if no stage declares it.
    static func isProxy(_ name: String) -> Bool {
        ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"].contains(name.lowercased())
    }

    /// Whether the argument affects the image wherever it is declared, and even if it is not declared.
    static func countsUndeclared(_ name: String) -> Bool {
        name.hasPrefix("BUILDKIT_") || name == "SOURCE_DATE_EPOCH"
    }
}
