import ArgumentParser
import Host
import Options
import PluginConfiguration
import Providers

/// A group of options on the command line.
protocol OptionList {
    static var options: [OptionDefinition] { get }
}

/// The arguments for a list of options. Names, help and completion come from the options' definitions, so a new option
/// needs no line here.
///
/// ArgumentParser finds arguments by reflection, so `customMirror` lists them. The values stay strings: they are parsed
/// and validated in one place, whether they come from the command line or from a pipeline.
struct OptionArguments<List: OptionList>: ParsableArguments, CustomReflectable {
    private var arguments: [(option: OptionDefinition, argument: Argument)]

    init() {
        arguments = List.options.map { ($0, Argument($0)) }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        arguments = try List.options.map { ($0, try Argument($0, from: container)) }
    }

    var customMirror: Mirror {
        Mirror(self, children: arguments.map { (label: $0.option.argument, value: $0.argument.wrapper) })
    }

    /// The given options.
    var values: OptionValues {
        var values = OptionValues(origin: .commandLine)
        add(to: &values)
        return values
    }

    /// Adds the given options.
    func add(to values: inout OptionValues) {
        for (option, argument) in arguments { values.set(option, to: argument.texts) }
    }
}

/// The parser's key equals the name on the command line.
private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ option: OptionDefinition) { stringValue = option.argument }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// ArgumentParser's property wrapper for one argument, by the kind of the option.
private enum Argument {
    case text(Option<String?>)
    case list(Option<[String]>)
    /// `--save` and `--no-save`.
    case flag(Flag<Bool?>)

    init(_ option: OptionDefinition) {
        var name: NameSpecification = [.customLong(option.argument)]
        if let short = option.short { name = [.customShort(short), .customLong(option.argument)] }
        switch option.kind {
        case .list:
            self = .list(
                Option(
                    wrappedValue: [],
                    name: name,
                    parsing: .unconditionalSingleValue,
                    help: option.help,
                    completion: option.completion
                )
            )
        case .boolean:
            self = .flag(Flag(name: name, inversion: .prefixedNo, help: option.help))
        case .text, .number, .choice:
            self = .text(
                Option(
                    name: name,
                    parsing: option.takesAnyWord ? .unconditional : .next,
                    help: option.help,
                    completion: option.completion
                )
            )
        }
    }

    init(_ option: OptionDefinition, from container: KeyedDecodingContainer<Key>) throws {
        let key = Key(option)
        switch Argument(option) {
        case .text: self = .text(try container.decode(Option<String?>.self, forKey: key))
        case .list: self = .list(try container.decode(Option<[String]>.self, forKey: key))
        case .flag: self = .flag(try container.decode(Flag<Bool?>.self, forKey: key))
        }
    }

    var wrapper: Any {
        switch self {
        case .text(let option): option
        case .list(let option): option
        case .flag(let flag): flag
        }
    }

    /// Empty if it was not given.
    var texts: [String] {
        switch self {
        case .text(let option): option.wrappedValue.map { [$0] } ?? []
        case .list(let option): option.wrappedValue
        case .flag(let flag): flag.wrappedValue.map { [$0 ? "true" : "false"] } ?? []
        }
    }
}

extension OptionDefinition {
    /// The meaning, and the default in ArgumentParser's own format.
    fileprivate var help: ArgumentHelp {
        ArgumentHelp(stringLiteral: meaning + "." + (defaultValue.map { " (default: \($0))" } ?? ""))
    }

    /// The shell completion for a value.
    var completion: CompletionKind {
        switch path {
        case .file: .file()
        case .directory: .directory
        case nil: allowedWords.isEmpty ? .default : .list(allowedWords)
        }
    }
}
