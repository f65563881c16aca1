import ArgumentParser
import Host
import Options
import PluginConfiguration
import Providers

/// Some of the options, as a group of arguments on the command line.
protocol OptionList {
    static var options: [OptionDefinition] { get }
}

/// The arguments of a list of options: names, help and completion come from the options' definitions, and a new option
/// needs no line here.
///
/// Argument-parser finds arguments by reflection, so what is reflected is made of the list. The values stay texts: they
/// are read and judged in one place, whether they come from the command line or from a pipeline.
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

    /// What was given.
    var values: OptionValues {
        var values = OptionValues(origin: .commandLine)
        add(to: &values)
        return values
    }

    /// Adds what was given.
    func add(to values: inout OptionValues) {
        for (option, argument) in arguments { values.set(option, to: argument.texts) }
    }
}

/// An argument is called in the parser what it is called on the command line.
private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ option: OptionDefinition) { stringValue = option.argument }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// Argument-parser's own wrapper of one argument, by the kind of the option.
private enum Argument {
    case text(Option<String?>)
    case list(Option<[String]>)
    /// `--save` and `--no-save`.
    case flag(Flag<Bool?>)

    init(_ option: OptionDefinition) {
        let name = NameSpecification.customLong(option.argument)
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
    fileprivate var help: ArgumentHelp {
        var text = meaning
        if case .choice(let words) = kind { text += ": " + words.joined(separator: ", ") }
        if let defaultValue { text += " (default: \(defaultValue))" }
        return ArgumentHelp(stringLiteral: text + ".")
    }

    /// What a shell offers for a value.
    var completion: CompletionKind {
        switch path {
        case .file: .file()
        case .directory: .directory
        case nil: allowedWords.isEmpty ? .default : .list(allowedWords)
        }
    }
}

/// Where the image is kept, and how it is looked up.
enum CacheOptions: OptionList {
    static let options = OptionTable.place + OptionTable.lookup
}

/// What decides the key.
enum InputOptions: OptionList {
    static let options = OptionTable.inputs
}

extension OptionArguments<InputOptions> {
    /// These options alone, read and checked: for commands that look nothing up.
    func configuration(_ surroundings: Surroundings) throws(OptionError) -> InputConfiguration {
        try InputConfiguration(values, environment: surroundings.environment, stage: .inCheckout)
    }
}

/// The providers' own.
enum ProviderOptions: OptionList {
    static let options = ProviderTable.options
}

/// What every command has that uses the index.
enum IndexOptions: OptionList {
    static let options = OptionTable.common
}

/// What `gc` has in common with a lookup.
enum GarbageOptions: OptionList {
    static let options = [
        OptionTable.image.meaning("Only this image: its entries and local images, and nothing else"),
        OptionTable.provider, OptionTable.tag, OptionTable.fallbackTag, OptionTable.maxAgeDays,
    ]
}

/// What commands have in common that look at a registry: which image, and where.
enum PlaceOptions: OptionList {
    static let options = [
        OptionTable.image.meaning("Only this image; needed with --registry"),
        OptionTable.provider.meaning("Only images of this provider; needed with --registry"),
        OptionTable.tag, OptionTable.fallbackTag,
    ]
}

/// Where a registry is, for commands that look at it with `--registry` alone.
struct RegistryArguments: ParsableArguments {
    @Flag(help: "Ask the registry, too; needs image and provider.")
    var registry = false

    @OptionGroup(title: "Image and cache") var place: OptionArguments<PlaceOptions>
    @OptionGroup(title: "Providers") var providers: OptionArguments<ProviderOptions>

    /// What was given.
    func add(to values: inout OptionValues) {
        place.add(to: &values)
        providers.add(to: &values)
    }

    /// What was given of one option, as it was given.
    func text(_ option: OptionDefinition) -> String? { place.values.list(option).first }
}
