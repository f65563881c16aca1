import Processes

/// What BuildKit keeps of the contexts that it was sent.
///
/// It keeps them for 48 hours before any limit of size applies, and a build here sends a context under a name that is
/// never used again.
extension DockerClient {
    /// How much a builder keeps. One process.
    ///
    /// - Parameter builder: the buildx builder; nil for the one that is used without a choice
    package func builderUsage(builder: String?) async throws(DockerError) -> BuilderUsage {
        let choice = builder.map { ["--builder", $0] } ?? []
        let arguments = ["builder", "du", "--verbose"] + choice
        let answer = try await capture(arguments, timeLimit: Self.answerLimit, limit: Self.usageLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return BuilderUsage(answer.output)
    }

    /// Enough for 100,000 records of a builder, in bytes.
    private static let usageLimit = 64 << 20

    /// Removes contexts, those that were not used for longest first, until they take no more than `target` bytes. What
    /// a build uses stays. Returns the bytes that were freed. Two processes at most.
    ///
    /// - Parameters:
    ///   - usage: what the builder keeps now
    ///   - builder: as for ``builderUsage(builder:)``
    package func pruneContexts(
        _ usage: BuilderUsage,
        to target: Int64,
        builder: String?
    ) async throws(DockerError) -> Int64 {
        let choice = builder.map { ["--builder", $0] } ?? []
        let arguments = ["builder", "prune"] + choice + ["--force", "--filter", "type=source.local"]
        // The limit that BuildKit is told is for all that it keeps, whatever the filter says.
        let limit = "\(max(target, usage.total - usage.contexts + target))"
        // buildx has another word for it from 0.17 on, and may give up the first.
        var answer = try await capture(arguments + ["--keep-storage", limit], timeLimit: Self.answerLimit)
        if answer.status != 0, answer.errorText.contains("unknown flag") {
            answer = try await capture(arguments + ["--max-used-space", limit], timeLimit: Self.answerLimit)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return BuilderUsage.freed(answer.output)
    }
}

/// How much a builder keeps, in bytes, also for others.
package struct BuilderUsage: Equatable, Sendable {
    /// Contexts, and directories of Dockerfiles.
    package let contexts: Int64
    /// Everything, but for what images share with it: so BuildKit counts when it is told a limit.
    package let total: Int64

    /// Reads the answer of `docker builder du --verbose`: for each record lines such as `Size: 52.43MB`, and an empty
    /// one.
    init(_ output: String) {
        var (contexts, total): (Int64, Int64) = (0, 0)
        var record: [Substring: String] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon]
            // Each record begins with its id.
            if name == "ID" { record = [:] }
            record[name] = String(line[line.index(after: colon)...]).trimmingWhitespace()
            guard name == "Type", let bytes = record["Size"].flatMap({ ImageSize.bytes($0) }) else { continue }
            if record["Shared"] != "true" { total += bytes }
            if record["Type"] == "source.local" { contexts += bytes }
        }
        (self.contexts, self.total) = (contexts, total)
    }

    /// What the last line of `docker builder prune` says, such as `Total: 209.7MB`; 0 if there is none.
    static func freed(_ output: String) -> Int64 {
        let lines = output.split(whereSeparator: \.isNewline)
        guard let line = lines.last(where: { $0.hasPrefix("Total") }), let colon = line.firstIndex(of: ":") else {
            return 0
        }
        return ImageSize.bytes(String(line[line.index(after: colon)...]).trimmingWhitespace()) ?? 0
    }
}
