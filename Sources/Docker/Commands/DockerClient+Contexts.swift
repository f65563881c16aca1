import Processes

/// The contexts that BuildKit keeps after builds.
///
/// BuildKit keeps them for 48 hours before any size limit applies. Each build here sends a context under a name that is
/// never reused.
extension DockerClient {
    /// The amount of data that a builder keeps. Runs one process.
    ///
    /// - Parameter builder: the buildx builder; nil for the default builder
    package func builderUsage(builder: String?) async throws(DockerError) -> BuilderUsage {
        let choice = builder.map { ["--builder", $0] } ?? []
        let arguments = ["builder", "du", "--verbose"] + choice
        let answer = try await capture(arguments, timeLimit: Self.answerLimit, limit: Self.usageLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return BuilderUsage(answer.output)
    }

    /// The maximum output in bytes, enough for 100,000 records of a builder.
    private static let usageLimit = 64 << 20

    /// Removes contexts, least recently used first, until they take at most `target` bytes. Contexts in use stay.
    /// Returns the number of freed bytes. Runs at most two processes.
    ///
    /// - Parameters:
    ///   - usage: the builder's current usage
    ///   - builder: as for ``builderUsage(builder:)``
    package func pruneContexts(
        _ usage: BuilderUsage,
        to target: Int64,
        builder: String?
    ) async throws(DockerError) -> Int64 {
        let choice = builder.map { ["--builder", $0] } ?? []
        let arguments = ["builder", "prune"] + choice + ["--force", "--filter", "type=source.local"]
        // BuildKit applies the limit to everything that it keeps, whatever the filter is.
        let limit = "\(max(target, usage.total - usage.contexts + target))"
        // buildx renamed the option in 0.17 and may drop the old name.
        var answer = try await capture(arguments + ["--keep-storage", limit], timeLimit: Self.answerLimit)
        if answer.status != 0, answer.errorText.contains("unknown flag") {
            answer = try await capture(arguments + ["--max-used-space", limit], timeLimit: Self.answerLimit)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return BuilderUsage.freed(answer.output)
    }
}

/// The amount of data that a builder keeps, in bytes, including data of other clients.
package struct BuilderUsage: Equatable, Sendable {
    /// Contexts and directories of Dockerfiles.
    package let contexts: Int64
    /// Everything except shared records. BuildKit compares this total with its limit.
    package let total: Int64

    /// Parses the output of `docker builder du --verbose`. Each record has lines such as `Size: 52.43MB` and ends with
    /// an empty line.
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

    /// The bytes in the last line of `docker builder prune`, such as `Total: 209.7MB`. 0 if there is no such line.
    static func freed(_ output: String) -> Int64 {
        let lines = output.split(whereSeparator: \.isNewline)
        guard let line = lines.last(where: { $0.hasPrefix("Total") }), let colon = line.firstIndex(of: ":") else {
            return 0
        }
        return ImageSize.bytes(String(line[line.index(after: colon)...]).trimmingWhitespace()) ?? 0
    }
}
