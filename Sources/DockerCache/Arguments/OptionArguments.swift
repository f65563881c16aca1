import ArgumentParser
import Buildkite
import PluginConfiguration
import FoundationEssentials
import Host
import Options
import SystemPackage
import Logging
import Store

/// The command line's side of the options that decide the key.
///
/// Names and help come from ``OptionTable``. The values stay texts here: they are read and judged in one place,
/// whether they come from the command line or from a pipeline.
struct InputArguments: ParsableArguments {
    @Option(
        name: .option(OptionTable.dockerfile),
        help: .option(OptionTable.dockerfile),
        completion: .option(OptionTable.dockerfile)
    )
    var dockerfile: String?

    @Option(name: .option(OptionTable.dockerfileInline), help: .option(OptionTable.dockerfileInline))
    var dockerfileInline: String?

    @Option(
        name: .option(OptionTable.context),
        help: .option(OptionTable.context),
        completion: .option(OptionTable.context)
    )
    var context: String?

    @Option(name: .option(OptionTable.target), help: .option(OptionTable.target))
    var target: String?

    @Option(
        name: .option(OptionTable.buildArguments),
        parsing: .unconditionalSingleValue,
        help: .option(OptionTable.buildArguments)
    )
    var buildArguments: [String] = []

    @Option(
        name: .option(OptionTable.additionalBuildArguments),
        parsing: .unconditional,
        help: .option(OptionTable.additionalBuildArguments)
    )
    var additionalBuildArguments: String?

    @Option(
        name: .option(OptionTable.secrets),
        parsing: .unconditionalSingleValue,
        help: .option(OptionTable.secrets)
    )
    var secrets: [String] = []

    @Option(name: .option(OptionTable.platform), help: .option(OptionTable.platform))
    var platform: String?

    @Option(
        name: .option(OptionTable.keyInputs),
        help: .option(OptionTable.keyInputs),
        completion: .option(OptionTable.keyInputs)
    )
    var keyInputs: String?

    @Option(
        name: .option(OptionTable.baseImages),
        help: .option(OptionTable.baseImages),
        completion: .option(OptionTable.baseImages)
    )
    var baseImages: String?

    @Option(
        name: .option(OptionTable.cacheKey),
        parsing: .unconditionalSingleValue,
        help: .option(OptionTable.cacheKey)
    )
    var cacheKey: [String] = []

    /// What was given.
    func add(to values: inout OptionValues) {
        values.set(OptionTable.dockerfile, to: dockerfile)
        values.set(OptionTable.dockerfileInline, to: dockerfileInline)
        values.set(OptionTable.context, to: context)
        values.set(OptionTable.target, to: target)
        values.set(OptionTable.buildArguments, to: buildArguments)
        values.set(OptionTable.additionalBuildArguments, to: additionalBuildArguments)
        values.set(OptionTable.secrets, to: secrets)
        values.set(OptionTable.platform, to: platform)
        values.set(OptionTable.keyInputs, to: keyInputs)
        values.set(OptionTable.baseImages, to: baseImages)
        values.set(OptionTable.cacheKey, to: cacheKey)
    }
}

extension InputArguments {
    /// These options alone, read and checked: for commands that look nothing up.
    func configuration(_ surroundings: Surroundings) throws(OptionError) -> InputConfiguration {
        var options = OptionValues(origin: .commandLine)
        add(to: &options)
        return try InputConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
    }
}

/// The command line's side of the options that say where the image is kept and how it is looked up.
struct CacheArguments: ParsableArguments {
    @Option(name: .option(OptionTable.image), help: .option(OptionTable.image))
    var image: String?

    @Option(
        name: .option(OptionTable.provider),
        help: .option(OptionTable.provider),
        completion: .option(OptionTable.provider)
    )
    var provider: String?

    @Option(
        name: .option(OptionTable.strategy),
        help: .option(OptionTable.strategy),
        completion: .option(OptionTable.strategy)
    )
    var strategy: String?

    @Option(
        name: .option(OptionTable.layerCache),
        help: .option(OptionTable.layerCache),
        completion: .option(OptionTable.layerCache)
    )
    var layerCache: String?

    @Option(
        name: .option(OptionTable.cacheFrom),
        parsing: .unconditionalSingleValue,
        help: .option(OptionTable.cacheFrom)
    )
    var cacheFrom: [String] = []

    @Option(name: .option(OptionTable.tag), help: .option(OptionTable.tag))
    var tag: String?

    @Option(name: .option(OptionTable.fallbackTag), help: .option(OptionTable.fallbackTag))
    var fallbackTag: String?

    @Option(
        name: .option(OptionTable.maxAgeDays),
        parsing: .unconditional,
        help: .option(OptionTable.maxAgeDays)
    )
    var maxAgeDays: String?

    @Flag(name: .option(OptionTable.save), inversion: .prefixedNo, help: .option(OptionTable.save))
    var save: Bool?

    @Flag(name: .option(OptionTable.restore), inversion: .prefixedNo, help: .option(OptionTable.restore))
    var restore: Bool?

    @Option(
        name: .option(OptionTable.readOnly),
        help: .option(OptionTable.readOnly),
        completion: .option(OptionTable.readOnly)
    )
    var readOnly: String?

    @Flag(name: .option(OptionTable.skipPull), help: .option(OptionTable.skipPull))
    var skipPull = false

    @Option(
        name: .option(OptionTable.registryCheck),
        help: .option(OptionTable.registryCheck),
        completion: .option(OptionTable.registryCheck)
    )
    var registryCheck: String?

    @Option(
        name: .option(OptionTable.onError),
        help: .option(OptionTable.onError),
        completion: .option(OptionTable.onError)
    )
    var onError: String?

    @Option(name: .option(OptionTable.exportVariable), help: .option(OptionTable.exportVariable))
    var exportVariable: String?

    @Option(name: .option(OptionTable.gc), help: .option(OptionTable.gc))
    var gc: String?

    @Option(name: .option(OptionTable.gcMaxSize), help: .option(OptionTable.gcMaxSize))
    var gcMaxSize: String?

    @Option(name: .option(OptionTable.gcMaxAgeDays), parsing: .unconditional, help: .option(OptionTable.gcMaxAgeDays))
    var gcMaxAgeDays: String?

    @Option(name: .option(OptionTable.gcKeep), parsing: .unconditional, help: .option(OptionTable.gcKeep))
    var gcKeep: String?

    @Flag(name: .option(OptionTable.annotate), help: .option(OptionTable.annotate))
    var annotate = false

    /// What was given.
    func add(to values: inout OptionValues) {
        values.set(OptionTable.image, to: image)
        values.set(OptionTable.provider, to: provider)
        values.set(OptionTable.strategy, to: strategy)
        values.set(OptionTable.layerCache, to: layerCache)
        values.set(OptionTable.cacheFrom, to: cacheFrom)
        values.set(OptionTable.tag, to: tag)
        values.set(OptionTable.fallbackTag, to: fallbackTag)
        values.set(OptionTable.maxAgeDays, to: maxAgeDays)
        values.set(OptionTable.save, to: save)
        values.set(OptionTable.restore, to: restore)
        values.set(OptionTable.readOnly, to: readOnly)
        values.set(OptionTable.skipPull, to: skipPull ? true : nil)
        values.set(OptionTable.registryCheck, to: registryCheck)
        values.set(OptionTable.onError, to: onError)
        values.set(OptionTable.exportVariable, to: exportVariable)
        values.set(OptionTable.gc, to: gc)
        values.set(OptionTable.gcMaxSize, to: gcMaxSize)
        values.set(OptionTable.gcMaxAgeDays, to: gcMaxAgeDays)
        values.set(OptionTable.gcKeep, to: gcKeep)
        values.set(OptionTable.annotate, to: annotate ? true : nil)
    }
}

/// The options of every command that uses the index.
struct IndexArguments: ParsableArguments {
    @Option(name: .option(OptionTable.index), help: .option(OptionTable.index), completion: .option(OptionTable.index))
    var index: String?

    @Flag(name: .option(OptionTable.verbose), help: .option(OptionTable.verbose))
    var verbose = false
}

/// The options of every command whose result is a text or JSON.
struct CommonArguments: ParsableArguments {
    @OptionGroup var location: IndexArguments

    @Option(name: .customLong("format"), help: ArgumentHelp("How to print the result: text or json."))
    var format: OutputFormat = .text

    var index: String? { location.index }
    var verbose: Bool { location.verbose }

    /// What was given.
    func add(to values: inout OptionValues) {
        values.set(OptionTable.index, to: index)
        values.set(OptionTable.verbose, to: verbose ? true : nil)
    }

    /// Opens the index for a command that is of no use without it.
    func openedIndex(_ surroundings: Surroundings) throws -> Index {
        try location.openedIndex(surroundings)
    }

    /// Runs `body` with the index. What SQLite refuses is thrown as what that means for the index.
    func withIndex(_ surroundings: Surroundings, _ body: (Index) async throws -> Void) async throws {
        let index = try openedIndex(surroundings)
        do {
            try await body(index)
        } catch let error as SQLiteError {
            throw index.failure(error)
        }
    }

    /// Opens the index, or warns that there is none.
    ///
    /// - Parameter trustsHashes: whether hashes of files may be taken from it
    func openIndex(_ surroundings: Surroundings, trustsHashes: Bool = true) -> LookupIndex {
        location.openIndex(surroundings, trustsHashes: trustsHashes)
    }
}

extension IndexArguments {
    /// Opens the index for a command that is of no use without it.
    func openedIndex(_ surroundings: Surroundings) throws -> Index {
        let path = IndexLocation.path(option: index, environment: surroundings.environment, home: surroundings.home)
        guard let path else { throw IndexMissing.noPlace }
        guard FileManager.default.fileExists(atPath: path.string) else { throw IndexMissing.notThere(path.string) }
        let opened = try Index.open(at: path, now: surroundings.now())
        if let notice = opened.notice { surroundings.log.warning("\(notice)") }
        return opened.index
    }

    /// Opens the index, or warns that there is none.
    ///
    /// - Parameter trustsHashes: whether hashes of files may be taken from it
    func openIndex(_ surroundings: Surroundings, trustsHashes: Bool = true) -> LookupIndex {
        let path = IndexLocation.path(
            option: index,
            environment: surroundings.environment,
            home: surroundings.home
        )
        return LookupIndex(
            at: path,
            now: surroundings.now(),
            log: surroundings.log,
            trustsHashes: trustsHashes
        )
    }
}

/// There is nothing to read from.
enum IndexMissing: Error, CustomStringConvertible {
    case noPlace
    case notThere(String)

    var description: String {
        switch self {
        case .noPlace:
            "There is no index: neither HOME nor XDG_CACHE_HOME is set. Name it with --index."
        case .notThere(let path):
            "There is no index at \(path): no lookup has made one there yet. Name another with --index."
        }
    }
}

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json

    /// Where the log goes: to standard error, where the result alone is on standard output.
    var logDestination: FileDescriptor {
        switch self {
        case .text: .standardOutput
        case .json: .standardError
        }
    }
}

extension OptionValues {
    mutating func set(_ option: OptionDefinition, to value: String?) {
        set(option, to: value.map { [$0] } ?? [])
    }

    mutating func set(_ option: OptionDefinition, to value: Bool?) {
        set(option, to: value.map { [$0 ? "true" : "false"] } ?? [])
    }
}

extension NameSpecification {
    static func option(_ definition: OptionDefinition) -> NameSpecification {
        .customLong(definition.argument)
    }
}

extension CompletionKind {
    /// What a shell offers for a value of the option.
    static func option(_ definition: OptionDefinition) -> CompletionKind {
        switch definition.path {
        case .file: .file()
        case .directory: .directory
        case nil: definition.allowedWords.isEmpty ? .default : .list(definition.allowedWords)
        }
    }
}

extension ArgumentHelp {
    static func option(_ definition: OptionDefinition) -> ArgumentHelp {
        var text = definition.meaning
        if case .choice(let words) = definition.kind { text += ": " + words.joined(separator: ", ") }
        if let value = definition.defaultValue { text += " (default: \(value))" }
        return ArgumentHelp(stringLiteral: text + ".")
    }
}
