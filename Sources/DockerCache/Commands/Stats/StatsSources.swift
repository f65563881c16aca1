import ArgumentParser
import CLibrary
import FoundationEssentials
import Host
import Logging
import Options
import PluginConfiguration
import Statistics
import Store
import SystemPackage

/// The sources of `stats`: indexes, and the JSON output of other hosts.
struct StatsSources: ParsableArguments {
    @Option(
        name: .customLong("index"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Index to count from. Can be repeated: each is a host. Default without --merge: the variable "
                + "DOCKER_CACHE_INDEX, else docker-cache/index.db in $XDG_CACHE_HOME or ~/.cache.",
            valueName: "file"
        ),
        completion: .file()
    )
    var indexes: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "JSON file from stats --format json on another host, to include. Can be repeated.",
            valueName: "file"
        ),
        completion: .file()
    )
    var merge: [String] = []

    @OptionGroup var options: OptionArguments<VerboseOptions>

    var verbose: Bool { options.values.list(OptionTable.verbose) == ["true"] }

    func validate() throws {
        for name in indexes { try IndexMissing.checkName(name) }
    }
}

/// The options of a command that declares `--index` separately.
enum VerboseOptions: OptionList {
    static let options = [OptionTable.verbose]
}

extension StatsSources {
    /// The only index, for actions that take one.
    func openedIndex(_ surroundings: Surroundings) throws -> Index {
        try Self.open(
            IndexLocation.path(
                option: indexes.first,
                environment: surroundings.environment,
                home: surroundings.home
            ),
            surroundings
        )
    }

    /// Every named index. If none is named and there is no `--merge`, this host's index.
    func openedIndexes(_ surroundings: Surroundings) throws -> [Index] {
        guard indexes.isEmpty else {
            var known: Set<String> = []
            return try indexes.map { name in
                let index = try Self.open(FilePath(name), surroundings)
                guard known.insert(Self.resolved(name)).inserted else { throw StatsSourceError.givenTwice(name) }
                return index
            }
        }
        // One of the files may have been made on this host.
        return merge.isEmpty ? [try openedIndex(surroundings)] : []
    }

    /// The statistics in the files of `--merge`, in their order.
    func merged() throws -> [(file: String, statistics: Statistics)] {
        var known: Set<String> = []
        return try merge.map { name in
            guard let content = FileManager.default.contents(atPath: name) else {
                throw StatsSourceError.unreadable(name)
            }
            guard known.insert(Self.resolved(name)).inserted else { throw StatsSourceError.givenTwice(name) }
            do throws(StatisticsMergeError) {
                return (name, try StatisticsDocument.read(Array(content)))
            } catch {
                throw StatsSourceError.unsuitable(name, error)
            }
        }
    }

    /// The resolved path, to detect one file under two names.
    private static func resolved(_ name: String) -> String {
        guard let path = realpath(name, nil) else { return name }
        defer { free(path) }
        return String(cString: path)
    }

    private static func open(_ path: FilePath?, _ surroundings: Surroundings) throws -> Index {
        guard let path else { throw IndexMissing.noPlace }
        guard FileManager.default.fileExists(atPath: path.string) else { throw IndexMissing.notThere(path.string) }
        let opened = try Index.open(at: path, now: surroundings.now())
        if let notice = opened.notice { surroundings.log.warning("\(notice)") }
        opened.index.onNotice = { surroundings.log.warning("\($0)") }
        return opened.index
    }
}

/// A given source cannot be counted.
enum StatsSourceError: ErrorWithExitStatus, CustomStringConvertible {
    case givenTwice(String)
    case unreadable(String)
    case unsuitable(String, StatisticsMergeError)

    var exitStatus: Int32 { ExitStatus.usage }

    var description: String {
        switch self {
        case .givenTwice(let name): "\(name) is given twice, and would be counted twice. Name it once."
        case .unreadable(let name):
            "\(name) cannot be read. Name a file that docker-cache stats --format json has made."
        case .unsuitable(let name, let error): "\(name) cannot be counted. \(error)"
        }
    }
}
