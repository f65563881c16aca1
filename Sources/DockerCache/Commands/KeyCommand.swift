import ArgumentParser
import Buildkite
import Docker
import Fingerprint
import Host
import Inputs
import Store
import SystemPackage

/// `docker-cache key`: the key, without a lookup.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the key of an image's inputs.",
        usage: "docker-cache key [<options>]",
        discussion: """
            With --format json, it also prints the digest of every component, and how many \
            files were read. With --explain, it shows which stages the target needs, and what \
            their instructions take from the context. If the key covers the whole context, it says why.

            Examples:
              docker-cache key
              docker-cache key --context services/api --target test --format json
              docker-cache key --explain
              docker-cache key --no-stat-cache
            """
    )

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Flag(help: "Explain what the key covers: stages, instructions, files.")
        var explain = false

        @Flag(help: "Read every file again, and report wrong hashes in the index.")
        var noStatCache = false
    }

    @OptionGroup(title: "Output") var own: Own
    @OptionGroup var inputs: InputArguments
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let configuration = try inputs.values.inputs(surroundings)
            let index = common.openIndex(surroundings, trustsHashes: !own.noStatCache)
            let computed = try await surroundings.withRegistries { access in
                var computation = KeyComputation(
                    configuration,
                    index: index,
                    access: access,
                    surroundings: surroundings
                )
                computation.looksAtEverything = own.explain
                return try await computation.compute()
            }
            try common.print(
                own.explain ? ["Key \(computed.key)"] + KeyExplanation(computed).lines : [computed.key.description],
                json: Report(computed, explains: own.explain)
            )
        }
    }

    /// The output of `--format json`.
    private struct Report: Encodable {
        let key: String
        /// 64 hex digits each.
        let components: [String: String]
        let platform: String
        /// Nil if a `cache-key` replaces the context.
        let context: ContextReport?
        let explanation: KeyExplanation?

        init(_ computed: ComputedKey, explains: Bool) {
            explanation = explains ? KeyExplanation(computed) : nil
            key = computed.key.description
            components = Dictionary(uniqueKeysWithValues: computed.inputs.components.map { ($0.name, $0.digest) })
            platform = computed.inputs.platform
            context = computed.context.map { ContextReport($0, ignoreFile: computed.ignoreFile?.path.string) }
        }
    }

    /// Statistics of reading the context.
    private struct ContextReport: Encodable {
        let ignoreFile: String?
        /// The number of entries, including directories.
        let walked: Int
        let files: Int
        let hashed: Int
        let reused: Int
        let bytesRead: Int
        /// By stage.
        let milliseconds: [String: Double]

        init(_ context: ScannedContext, ignoreFile: String?) {
            self.ignoreFile = ignoreFile
            let statistics = context.statistics
            walked = statistics.walked
            files = statistics.files
            hashed = statistics.hashed
            reused = statistics.reused
            bytesRead = statistics.bytesRead
            milliseconds = [
                "load": statistics.loadMilliseconds, "walk": statistics.walkMilliseconds,
                "digest": statistics.digestMilliseconds, "save": statistics.saveMilliseconds,
            ]
        }
    }
}
