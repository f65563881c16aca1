import Fingerprint
import Formatting

/// What a key covers of the Dockerfile and the context, for people and for machines.
package struct KeyExplanation: Encodable, Equatable {
    /// `copied`, `context`, or `cache-key`.
    package let covers: String
    /// Why the whole context is in the key instead of only the copied files; empty if it is not.
    package let reasons: [String]
    /// The stages that the target needs; empty if the whole Dockerfile is in the key.
    package let stages: [Stage]
    /// The names of the build arguments in the key.
    package let buildArguments: [String]
    /// Build arguments that change nothing.
    let unusedArguments: [String]
    /// The images from which the needed stages start or copy.
    package let baseImages: [String]
    /// What `ADD` fetches during the build, and what that means for the key, one line each.
    let remoteNotices: [String]
    /// The number of files of the context in the key.
    package let files: Int
    /// The number of files in the context.
    let filesInContext: Int

    package struct Stage: Encodable, Equatable {
        /// Its name, or its number if it has none.
        package let name: String
        package let instructions: [Instruction]
    }

    /// An instruction that takes something from the context.
    package struct Instruction: Encodable, Equatable {
        /// Line number, starting at 1.
        package let line: Int
        package let text: String
        package let sources: [Source]
    }

    package struct Source: Encodable, Equatable {
        /// The cleaned path in the instruction; `.` is the root of the context.
        package let path: String
        /// The paths that it matches, escaped; empty if nothing matches.
        package let matches: [String]
        /// The number of files among the matches and below them.
        package let files: Int
    }

    package init(_ fingerprint: ComputedKey) {
        let context = fingerprint.context
        filesInContext = context?.statistics.files ?? 0
        buildArguments = (fingerprint.inputs.buildArguments ?? []).map(\.name)
        unusedArguments = fingerprint.unusedArguments
        remoteNotices = fingerprint.remoteNotices
        switch (fingerprint.coverage, context) {
        case (.copied(let inputs, let selected), let context?):
            covers = "copied"
            reasons = []
            baseImages = Self.baseImages(inputs.baseImages.map(\.reference), fingerprint.circumstances.pins ?? [])
            stages = inputs.stages.map { name in
                Stage(name: name, instructions: Self.instructions(selected.filter { $0.source.stage == name }, context))
            }
            files = Set(selected.flatMap(\.entries).flatMap { Self.files(of: $0, in: context) }).count
        case (.whole(let reasons), _):
            covers = "context"
            self.reasons = reasons.map(\.description)
            stages = []
            baseImages = []
            files = filesInContext
        default:
            covers = "cache-key"
            reasons = []
            stages = []
            baseImages = []
            files = 0
        }
    }

    /// Each reference once, with what it resolves to if that is in the key.
    private static func baseImages(_ references: [String], _ pins: [BaseImagePin]) -> [String] {
        let meanings = Dictionary(pins.map { ($0.reference, $0.meaning.text) }) { first, _ in first }
        var seen: Set<String> = []
        return references.filter { seen.insert($0).inserted }.map { reference in
            meanings[reference].map { "\(reference) (\($0))" } ?? reference
        }
    }

    private static func instructions(_ selected: [SelectedSource], _ context: ScannedContext) -> [Instruction] {
        var instructions: [(line: Int, text: String, sources: [Source])] = []
        for one in selected {
            let source = Source(
                path: one.source.path.isEmpty ? "." : EscapedPath.text(one.source.path),
                matches: one.entries.map { $0.path.isEmpty ? "." : EscapedPath.text($0.path) },
                files: one.entries.reduce(0) { $0 + files(of: $1, in: context).count }
            )
            if instructions.last?.line == one.source.line {
                instructions[instructions.count - 1].sources.append(source)
            } else {
                instructions.append((one.source.line, one.source.instruction, [source]))
            }
        }
        return instructions.map { Instruction(line: $0.line, text: $0.text, sources: $0.sources) }
    }

    private static func files(of entry: ContextEntry, in context: ScannedContext) -> [[UInt8]] {
        guard entry.type == .directory else { return entry.type == .file ? [entry.path] : [] }
        guard entry.digest != .zero else { return [] }
        var files: [[UInt8]] = []
        context.forEachEntry(below: entry.path) { if $0.type == .file { files.append($0.path) } }
        return files
    }

    /// How many matches of a wildcard are shown.
    private static let mostMatches = 5

    /// Lines for a terminal.
    package var lines: [String] {
        var lines: [String] = []
        switch covers {
        case "copied":
            lines.append(
                "Covers what the needed stages copy: \(files) of the \(Quantity.count(filesInContext, "file")) of the "
                    + "context."
            )
            for stage in stages {
                lines.append("")
                lines.append("Stage \(stage.name)")
                if stage.instructions.isEmpty { lines.append("  takes nothing from the context") }
                for instruction in stage.instructions {
                    lines.append("  line \(instruction.line): \(instruction.text)")
                    lines += instruction.sources.map { "    \(Self.line($0))" }
                }
            }
            if !baseImages.isEmpty {
                lines += ["", "Base images: \(baseImages.joined(separator: ", "))"]
            }
        case "context":
            lines.append("Covers the whole Dockerfile and the whole context: \(Quantity.count(files, "file")).")
            lines += reasons.map { "  because \($0)" }
        default:
            lines.append("Covers what the option cache-key names, and nothing else.")
        }
        if !buildArguments.isEmpty {
            lines += ["", "Build arguments that count: \(buildArguments.joined(separator: ", "))"]
        }
        if !unusedArguments.isEmpty {
            lines += ["", "Build arguments that change nothing: \(unusedArguments.joined(separator: ", "))"]
        }
        if !remoteNotices.isEmpty { lines += [""] + remoteNotices }
        return lines
    }

    private static func line(_ source: Source) -> String {
        guard !source.matches.isEmpty else { return "\(source.path)  matches nothing" }
        let count = Quantity.count(source.files, "file")
        guard source.matches != [source.path] else { return "\(source.path)  \(count)" }
        let shown = source.matches.prefix(mostMatches).joined(separator: ", ")
        let more = source.matches.count - mostMatches
        return "\(source.path)  \(count): \(shown)" + (more > 0 ? " and \(more) more" : "")
    }
}
