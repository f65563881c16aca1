import Buildkite
import SystemPackage

/// Prints results for people and for pipes: lines on standard output.
enum TextOutput {
    /// Many lines in one write.
    static func lines(_ texts: [String]) {
        guard !texts.isEmpty else { return }
        line(texts.joined(separator: "\n"))
    }

    static func line(_ text: String) {
        LogOutput(to: .standardOutput, isInBuildkite: false).line(text)
    }
}
