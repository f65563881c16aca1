/// One option: the same under its name in a pipeline's YAML and as an argument of the command line.
///
/// Everything that is said of an option anywhere (its validation, the command line's help, docs/options.md,
/// `plugin.yml`) comes from here, or a test compares the two.
package struct OptionDefinition: Sendable, Equatable {
    /// What values an option takes.
    package enum Kind: Sendable, Equatable {
        case text
        /// A list of texts; a single text stands for a list of one.
        case list
        case boolean
        /// A number that is not negative; fractions allowed.
        case number
        case choice([String])
    }

    /// What the elements of a list are.
    package enum Elements: Sendable, Equatable {
        case texts
        /// `NAME=value`.
        case pairs
        /// `name=value,name=value`.
        case fields
        /// Fields with an `id`, or a name alone.
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
    /// Its letter on the command line, as `docker build` has it; nil for most.
    package let short: Character?
    package let kind: Kind
    package let elements: Elements
    /// The value an absent option has, as a user would write it; nil if absence means something of its own.
    package let defaultValue: String?
    /// What a shell may offer for a value; nil for what is no path.
    package let path: Path?
    /// Whether a value on the command line may begin with a hyphen, as one that is wrong may: then it is judged, and
    /// not taken for the next argument.
    package let takesAnyWord: Bool
    /// What it is for: a phrase, and short sentences after it. The last has no full stop. A choice explains none of its
    /// words, or all of them, as in `never: rely on the index`.
    package private(set) var meaning: String

    /// - Parameter argument: needed only where the argument is not called as the option is: `build-args` is given
    ///   one at a time as `--build-arg`.
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

    /// The same option, of which a command says something else.
    package func meaning(_ other: String) -> OptionDefinition {
        var definition = self
        definition.meaning = other
        return definition
    }

    /// ``meaning`` for those who write a pipeline: its upload replaces `$NAME`, and leaves `$$NAME` for the job.
    package var meaningInPipeline: String { meaning.replacing("$NAME", with: "$$NAME") }

    /// The option's name as it stands in the variables that the agent sets, such as `MAX_AGE_DAYS`.
    package var variable: String {
        String(name.map { $0 == "-" || $0 == "." ? "_" : $0 }).uppercased()
    }

    /// Whether ``meaning`` explains each word of a choice, as in `never: rely on the index`.
    package var explainsItsWords: Bool {
        !allowedWords.isEmpty && allowedWords.allSatisfy { meaning.contains(" \($0): ") }
    }

    /// The words that a choice allows; empty for every other kind.
    package var allowedWords: [String] {
        if case .choice(let words) = kind { words } else { [] }
    }
}

/// Finds what someone who mistyped a word most likely meant.
package enum Spelling {
    /// The candidate that is the fewest edits away, if it is near enough to be meant.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let limit = max(2, word.utf8.count / 3)
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
