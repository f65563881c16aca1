import ArgumentParser
import FoundationEssentials
import Host
import Logging
import Options
import PluginConfiguration
import Store
import SystemPackage

/// The options of every command that uses the index.
struct IndexArguments: ParsableArguments {
    @OptionGroup var options: OptionArguments<IndexOptions>

    /// The path as given.
    var index: String? { options.values.list(OptionTable.index).first }
    var verbose: Bool { options.values.list(OptionTable.verbose) == ["true"] }

    func validate() throws { try IndexMissing.checkName(index) }
}

/// The options of every command that prints text or JSON.
struct CommonArguments: ParsableArguments {
    @OptionGroup var location: IndexArguments

    @Option(
        help: "Output format. text: for people. json: for programs.",
        completion: Choice<OutputFormat>.completion,
        transform: Choice.read
    )
    var format: OutputFormat = .text

    var index: String? { location.index }
    var verbose: Bool { location.verbose }

    /// Adds the given options.
    func add(to values: inout OptionValues) {
        location.options.add(to: &values)
    }

    /// Prints a result in the requested format: lines for people, or a value for machines.
    func print(_ lines: @autoclosure () -> some Sequence<String>, json: @autoclosure () -> some Encodable) throws {
        switch format {
        case .text: try TextOutput.lines(lines())
        case .json: try JSONOutput.print(json())
        }
    }

    /// Prints a result that may be long.
    func print(_ lines: @autoclosure () -> some Sequence<String>, object: @autoclosure () -> JSONObject) throws {
        switch format {
        case .text: try TextOutput.lines(lines())
        case .json: try JSONOutput.print(object())
        }
    }

    /// Opens the index for a command that needs it.
    func openedIndex(_ surroundings: Surroundings) throws -> Index {
        try location.openedIndex(surroundings)
    }

    /// Runs `body` with the index. Throws SQLite errors as errors of the index.
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
    /// Opens the index for a command that needs it.
    func openedIndex(_ surroundings: Surroundings) throws -> Index {
        let path = IndexLocation.path(option: index, environment: surroundings.environment, home: surroundings.home)
        guard let path else { throw IndexMissing.noPlace }
        guard FileManager.default.fileExists(atPath: path.string) else { throw IndexMissing.notThere(path.string) }
        let opened = try Index.open(at: path, now: surroundings.now())
        if let notice = opened.notice { surroundings.log.warning("\(notice)") }
        opened.index.onNotice = { surroundings.log.warning("\($0)") }
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

/// There is no index to read.
enum IndexMissing: Error, CustomStringConvertible {
    case noPlace
    case notThere(String)

    var description: String {
        switch self {
        case .noPlace:
            "There is no index, because neither HOME nor XDG_CACHE_HOME is set. Set its path with --index."
        case .notThere(let path):
            "There is no index at \(path). The first lookup with this path creates it. If the path is wrong, correct "
                + "--index or DOCKER_CACHE_INDEX."
        }
    }

    /// Throws if `--index` was given without a path.
    static func checkName(_ name: String?) throws {
        if name == "" { throw ValidationError("--index is empty: expected the path of a file.") }
    }
}

/// How a command prints its result.
enum OutputFormat: String, CaseIterable {
    case text
    case json

    /// Where the log goes: to standard error if standard output has only the result.
    var logDestination: FileDescriptor {
        switch self {
        case .text: .standardOutput
        case .json: .standardError
        }
    }
}
