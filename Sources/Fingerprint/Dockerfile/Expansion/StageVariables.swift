/// The variables that the instructions of a stage can use.
///
/// BuildKit changed its mind on who wins where a name is set in more than one way. Where versions differ, the value is
/// not known.
struct StageVariables: ShellVariables {
    private enum Value {
        case environment([UInt8])
        case argument([UInt8])
        /// Declared, and nobody gave a value.
        case unsetArgument
        /// An argument of the stage that this one starts from.
        case inherited
        case unknown(String)
    }

    private var values: [[UInt8]: Value] = [:]
    /// The first of the stages that this one starts from is built on an image, whose environment is not known here.
    private let isOnImage: Bool
    private let undeclared: Set<[UInt8]>
    /// Names that the image's environment must not set, or other values would have been found.
    private(set) var takenAsUnset: Set<[UInt8]> = []

    /// - Parameter given: the build arguments; proxies among them can be seen without being declared.
    init(isOnImage: Bool, given: [[UInt8]: [UInt8]]) {
        self.isOnImage = isOnImage
        undeclared = Set(given.keys.filter { PlatformArguments.isProxy(DockerfileText.string($0)) })
    }

    /// The variables of a stage that starts from this one.
    var handedOn: StageVariables {
        var copy = self
        copy.takenAsUnset = []
        for (name, value) in values {
            switch value {
            case .argument: copy.values[name] = .inherited
            case .unsetArgument: copy.values[name] = nil
            case .environment, .inherited, .unknown: break
            }
        }
        return copy
    }

    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]? {
        let text = DockerfileText.string(name)
        switch values[name] {
        case .environment(let value):
            return value
        case .argument(let value):
            if isOnImage { takenAsUnset.insert(name) }
            return value
        case .unsetArgument:
            if isOnImage { takenAsUnset.insert(name) }
            return nil
        case .inherited:
            throw ShellError("\(text) is declared only in the stage that this one starts from")
        case .unknown(let problem):
            throw ShellError(problem)
        case nil:
            guard !isOnImage else {
                throw ShellError("\(text) is not declared and could come from the base image")
            }
            guard name != Array("PATH".utf8), !undeclared.contains(name) else {
                throw ShellError("\(text) is set by the builder")
            }
            return nil
        }
    }

    mutating func setEnvironment(_ name: [UInt8], to value: Result<[UInt8], ShellError>) {
        switch value {
        case .success(let value): values[name] = .environment(value)
        case .failure(let error): values[name] = .unknown(error.problem)
        }
    }

    /// - Parameter value: nil if neither the user nor the Dockerfile has one.
    mutating func setArgument(_ name: [UInt8], to value: Result<[UInt8], ShellError>?) {
        switch (value, values[name]) {
        case (nil, nil): values[name] = .unsetArgument
        case (nil, _): break
        case (.failure(let error), _): values[name] = .unknown(error.problem)
        case (.success(let new), .environment(let old)), (.success(let new), .argument(let old)):
            if new != old {
                values[name] = .unknown("\(DockerfileText.string(name)) is set twice, to different values")
            }
        case (.success, .unknown): break
        case (.success(let new), nil), (.success(let new), .unsetArgument), (.success(let new), .inherited):
            values[name] = .argument(new)
        }
    }
}
