/// One option, with a name in a pipeline's YAML and a matching argument on the command line.
///
/// Everything about an option (its validation, the command line's help, docs/options.md, `plugin.yml`) is generated
/// from here, or a test compares the two.
package struct OptionDefinition: Sendable, Equatable {
    /// The kind of values that an option takes.
    package enum Kind: Sendable, Equatable {
        case text
        /// A list of strings; a single string is a list of one.
        case list
        case boolean
        /// A number that is not negative; fractions are allowed.
        case number
        case choice([String])
    }

    /// The form of a list's elements.
    package enum Elements: Sendable, Equatable {
        case texts
        /// `NAME=value`.
        case pairs
        /// `name=value,name=value`.
        case fields
        /// Fields with an `id`, or only a name.
        case identified
    }

    /// What a value names in the file system.
    package enum Path: Sendable, Equatable {
        case file
        case directory
    }

    /// The name in a pipeline, such as `max-age-days`; `registry.url` is `url` below `registry`.
    package let name: String
    /// The name of the command line's argument, without the two hyphens.
    package let argument: String
    /// The short form on the command line, as in `docker build`; nil for most options.
    package let short: Character?
    package let kind: Kind
    package let elements: Elements
    /// The value of an absent option, as a user would write it; nil if absence has a meaning.
    package let defaultValue: String?
    /// The kind of path that a shell completes; nil if a value is not a path.
    package let path: Path?
    /// Whether a value on the command line may begin with a hyphen, as an invalid one may. It is then validated instead
    /// of being taken for the next argument.
    package let takesAnyWord: Bool
    /// What the option is for: a phrase, and optional short sentences. The last has no full stop. It explains each word
    /// of a choice, as in `never: use only the index`.
    package private(set) var meaning: String

    /// - Parameter argument: needed only if the argument's name differs from the option's: `build-args` is given one at
    ///   a time as `--build-arg`.
    package init(
        _ name: String,
        argument: String? = nil,
        short: Character? = nil,
        _ kind: Kind,
        of elements: Elements = .texts,
        default defaultValue: String? = nil,
        path: Path? = nil,
        takesAnyWord: Bool? = nil,
        _ meaning: String
    ) {
        self.name = name
        self.argument = argument ?? String(name.map { $0 == "." ? "-" : $0 })
        self.short = short
        self.kind = kind
        self.elements = elements
        self.defaultValue = defaultValue
        self.path = path
        self.takesAnyWord = takesAnyWord ?? (kind == .number || kind == .list)
        self.meaning = meaning
    }

    /// The same option with a different ``meaning`` in one command.
    package func meaning(_ other: String) -> OptionDefinition {
        var definition = self
        definition.meaning = other
        return definition
    }

    /// ``meaning`` for authors of pipelines: a pipeline's upload replaces `$NAME`, and leaves `$$NAME` for the job.
    package var meaningInPipeline: String { meaning.replacing("$NAME", with: "$$NAME") }

    /// The option's name in the variables that the agent sets, such as `MAX_AGE_DAYS`.
    package var variable: String {
        String(name.map { $0 == "-" || $0 == "." ? "_" : $0 }).uppercased()
    }

    /// The words that a choice allows; empty for every other kind.
    package var allowedWords: [String] {
        if case .choice(let words) = kind { words } else { [] }
    }
}

/// Finds the most likely correction of a misspelled word.
package enum Spelling {
    /// The candidate that is the fewest edits away, if it is close enough.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        // A short word has little in common with another one that is two edits away.
        let limit = min(max(2, word.utf8.count / 3), word.utf8.count / 2)
        return
            candidates
            .map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
            .min { $0.distance < $1.distance }?
            .candidate
    }

    /// The number of bytes to insert, drop, replace or swap with their neighbour to turn one word into the other.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
