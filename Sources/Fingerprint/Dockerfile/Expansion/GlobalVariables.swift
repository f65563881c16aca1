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
            values[name] = .unknown(error.problem)
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
