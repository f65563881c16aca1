package import Logging

/// A command in the log, for who wants to see every one: how it is run, and when it has ended, how that went.
package struct CommandReport {
    /// As people may see it.
    package let text: String
    private let name: String
    private let log: Logger
    private let began = ContinuousClock.now

    /// Says that the command is run now.
    package init(_ words: [String], log: Logger) {
        text = ShownCommand.text(words)
        name = ShownCommand.text(Array(words.prefix(2)))
        self.log = log
        log.debug("$ \(text)")
    }

    /// Says that it has ended.
    package func ended(status: Int32) {
        log.debug("\(name): status \(status) after \(Self.seconds(ContinuousClock.now - began)) s")
    }

    /// With hundredths.
    static func seconds(_ duration: Duration) -> String {
        let hundredths = duration.components.seconds * 100 + duration.components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
