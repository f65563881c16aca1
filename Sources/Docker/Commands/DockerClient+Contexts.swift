import Images

/// What BuildKit keeps of the contexts that it was sent.
///
/// It keeps them for 48 hours before any limit of size applies, and a build here sends a context under a name that is
/// never used again.
extension DockerClient {
    /// How many bytes they take, also those of others. Nil where the builder does not say. Two processes at most.
    ///
    /// - Parameter builder: the buildx builder; nil for the one that is used without a choice
    package func contextBytes(builder: String?) async throws(DockerError) -> Int64? {
        let choice = builder.map { ["--builder", $0] } ?? []
        let answer = try await capture(["builder", "du"] + choice + ["--filter", "type=source.local"])
        if answer.status == 0 { return BuilderUsage.sum(answer.output) }
        // Without buildx there is no such command. This one adds up images as well, which takes its time.
        let question = ["system", "df", "--verbose", "--format", "{{json .BuildCache}}"]
        let usage = try await capture(question)
        guard usage.status == 0 else { throw failure(question, usage) }
        return BuilderUsage.contexts(usage.output)
    }

    /// Removes them, those that were not used for longest first, until the builder keeps no more than `limit` bytes.
    /// What a build uses stays. Returns the bytes that were freed. Two processes at most.
    ///
    /// - Parameter builder: as for ``contextBytes(builder:)``
    package func pruneContexts(to limit: Int64, builder: String?) async throws(DockerError) -> Int64 {
        let choice = builder.map { ["--builder", $0] } ?? []
        let arguments = ["builder", "prune"] + choice + ["--force", "--filter", "type=source.local"]
        // buildx has another word for it from 0.17 on, and may give up the first.
        var answer = try await capture(arguments + ["--keep-storage", "\(limit)"], timeLimit: Self.answerLimit)
        if answer.status != 0, answer.errorText.contains("unknown flag") {
            answer = try await capture(arguments + ["--max-used-space", "\(limit)"], timeLimit: Self.answerLimit)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
        return BuilderUsage.total(answer.output) ?? 0
    }
}

/// Reads what docker says of a builder's storage.
enum BuilderUsage {
    /// The sum over the lines of `docker builder du`: an id, whether it could go, its size, and when it was used.
    static func sum(_ output: String) -> Int64 {
        output.split(whereSeparator: \.isNewline).reduce(0) { sum, line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return sum + (words.count > 3 ? ImageSize.bytes(words[2]) ?? 0 : 0)
        }
    }

    /// The last line of `docker builder prune`: `Total: 209.7MB`, and before buildx `Total reclaimed space: 209.7MB`.
    /// Nil if there is none.
    static func total(_ output: String) -> Int64? {
        let lines = output.split(whereSeparator: \.isNewline)
        guard let line = lines.last(where: { $0.hasPrefix("Total") }), let colon = line.firstIndex(of: ":") else {
            return nil
        }
        return ImageSize.bytes(line[line.index(after: colon)...].filter { !$0.isWhitespace })
    }

    /// The sum over the contexts in the answer of `docker system df`; nil if it is of another form.
    static func contexts(_ json: String) -> Int64? {
        guard let records = (try? JSONValue(parsing: json.utf8))?.array else { return nil }
        return records.filter { $0["CacheType"]?.string == "source.local" }
            .reduce(0) { $0 + ($1["Size"]?.string.flatMap { ImageSize.bytes($0) } ?? 0) }
    }
}
