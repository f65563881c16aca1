extension String {
    /// The text without white space at either end.
    package func trimmingWhitespace() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// What a command said, ended with a full stop where it has none, so that a sentence can follow.
    package var endedAsSentence: String {
        isEmpty || hasSuffix(".") || hasSuffix("?") || hasSuffix("!") ? self : self + "."
    }
}
