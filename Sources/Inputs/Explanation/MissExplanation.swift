package import Fingerprint
import Formatting

/// Why a key differs from the one of the previous lookup, in lines for people.
package struct MissExplanation: Equatable {
    package let difference: KeyDifference
    /// The Dockerfile of the new key, to show its lines; empty if it is not available.
    package let dockerfile: [UInt8]

    /// - Parameters:
    ///   - dockerfile: the bytes of a Dockerfile; used only if the new key was computed from it
    package init(from old: KeyRecord, to new: KeyRecord, dockerfile: [UInt8]) {
        difference = KeyDifference(from: old, to: new)
        self.dockerfile = new.holds(dockerfile: dockerfile) ? dockerfile : []
    }

    /// Headings, each followed by its first few items.
    ///
    /// - Parameter limit: how many paths and lines are shown
    package func lines(limit: Int) -> [String] {
        var lines = coverage
        lines += files(limit: limit)
        if difference.components.contains(where: ["dockerfile", "stages"].contains) {
            lines += dockerfileLines(limit: limit)
        }
        lines += Self.first(limit, of: arguments)
        lines += Self.first(
            limit,
            of: difference.texts.map { change in
                "\(Self.plain(change.name)): \(Self.plain(change.old)) before, now \(Self.plain(change.new))"
            }
        )
        lines += difference.components.compactMap { Self.others[$0] }
        return lines.isEmpty ? ["No difference was found in what the index keeps of the two keys."] : lines
    }

    /// Components of which only the fact that they changed is stored.
    private static let others = [
        "additional-build-args": "The additional build arguments changed.",
        "named-contexts": "The content of a --build-context directory changed.",
        "environment": "An environment variable that affects the image changed, or the file that it names.",
        "remote-sources": "The content at an ADD address in the Dockerfile changed.",
        "dockerfile-place": "A file next to the Dockerfile changed, and its frontend may read it.",
        "secrets": "The ids of the secrets changed.",
        "cache-key": "The option cache-key, or the content of a path that it names, changed.",
    ]

    private var coverage: [String] {
        if let reason = difference.newReasons.first {
            return ["The whole context is in the key now: \(reason)"]
        }
        return difference.coverageChanged ? ["The key covers a different part of the context."] : []
    }

    private func files(limit: Int) -> [String] {
        let changes = difference.files
        // If a different part of the context is in the key, a path in only one of the two is not new or gone.
        guard !changes.isEmpty, !difference.coverageChanged else { return [] }
        let counts = [(changes.changed, "changed"), (changes.added, "added"), (changes.removed, "removed")]
        let parts = counts.filter { !$0.0.isEmpty }.map { "\($0.0.count) \($0.1)" }
        let heading = "Files: \(parts.joined(separator: ", "))"
        let paths = counts.lazy.flatMap { paths, word in
            paths.lazy.map { "  \(word) \(EscapedPath.text(Array($0.prefix(Self.shownBytes))))" }
        }
        return [heading] + Self.first(limit, of: paths)
    }

    private func dockerfileLines(limit: Int) -> [String] {
        let texts = KeyRecord.lines(of: dockerfile)
        let new = difference.newLines.compactMap { number -> String? in
            guard texts.indices.contains(number - 1) else { return "  line \(number)" }
            let text = String(decoding: texts[number - 1], as: UTF8.self)
            return text.allSatisfy(\.isWhitespace) ? nil : "  line \(number): \(text)"
        }
        guard !new.isEmpty || difference.goneLines > 0 else {
            // Changes of an argument's value or of the target are reported separately.
            let isSaid = !difference.arguments.isEmpty || !difference.texts.isEmpty
            return isSaid ? [] : ["The needed stages of the Dockerfile changed."]
        }
        let gone = difference.goneLines
        return [
            "Dockerfile: \(Quantity.count(new.count, "line")) new or changed, \(gone) gone or changed"
        ] + Self.first(limit, of: new)
    }

    private var arguments: [String] {
        let changes = difference.arguments
        return [(changes.changed, "changed"), (changes.added, "is new"), (changes.removed, "is gone")].flatMap {
            names,
            word in names.map { "The build argument \(Self.plain(String(decoding: $0, as: UTF8.self))) \(word)." }
        }
    }

    /// Escaped and limited to 200 scalars: the other record may come from a registry to which others can write.
    private static func plain(_ text: String?) -> String {
        text.map { PlainText.escaped(String(String.UnicodeScalarView($0.unicodeScalars.prefix(200)))) } ?? "none"
    }

    /// The number of bytes of a path that are shown.
    private static let shownBytes = 1000

    private static func first(_ limit: Int, of lines: some Collection<String>) -> [String] {
        lines.prefix(limit) + (lines.count <= limit ? [] : ["  and \(lines.count - limit) more"])
    }
}
