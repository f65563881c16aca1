import ArgumentParser

/// One of an enum's words, as a value on the command line. The help text explains each word, so the parser does not
/// list them.
enum Choice<Value: RawRepresentable<String> & CaseIterable> {
    /// Parses a word. Throws a `ValidationError` that lists the allowed words.
    @Sendable static func read(_ argument: String) throws -> Value {
        guard let value = Value(rawValue: argument) else {
            throw ValidationError("expected \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "").")
        }
        return value
    }

    static var completion: CompletionKind { .list(words) }

    private static var words: [String] { Value.allCases.map(\.rawValue) }
}

/// A number of things, as a value on the command line.
enum WholeNumber {
    /// Parses the number. Throws a `ValidationError` that says what is expected.
    @Sendable static func read(_ argument: String) throws -> Int {
        guard let number = Int(argument), number >= 0 else {
            throw ValidationError("expected a whole number, at least 0.")
        }
        return number
    }
}
