package import SystemPackage

/// An ignore file that Docker would refuse.
package struct IgnorePatternError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable {
        /// The rules of Go's `filepath.Match` or of the regular expression made from the pattern do not allow it.
        case malformed
        /// `!` with nothing behind it.
        case emptyException
        /// Docker reads lines of up to 65,535 bytes.
        case lineTooLong
    }

    package let file: FilePath
    /// The number of the line; the first line is 1.
    package let line: Int
    /// The pattern as it stands in the file, without the white space around it.
    package let pattern: [UInt8]
    package let problem: Problem

    package var description: String {
        let shown = String(decoding: pattern.prefix(200), as: UTF8.self)
        let place = "\(file), line \(line): "
        switch problem {
        case .malformed:
            return place + "\"\(shown)\" is not a pattern that Docker understands. "
                + "Check its brackets and backslashes; a backslash makes the character after it stand for itself."
        case .emptyException:
            return place + "\"\(shown)\" names nothing to keep. Write a pattern after the \"!\", or remove the line."
        case .lineTooLong:
            return place + "the line is longer than the 65535 bytes that Docker reads. Split it."
        }
    }
}
