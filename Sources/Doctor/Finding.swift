/// What a check came to.
package struct Finding: Equatable, Sendable {
    /// From good to bad, and what could not be looked at.
    package enum Status: String, Sendable, CaseIterable {
        case ok
        /// The plugin works, and something about it is not as it should be.
        case warning
        /// It keeps the plugin, or the cache behind it, from working.
        case problem
        /// Nothing can be said of it, for the reason in the text.
        case skipped
    }

    package let status: Status
    /// What was found, with no secret in it.
    package let text: String
    /// What to do about it, as a sentence; nil where nothing is to be done, or where the text says it.
    package let advice: String?
    /// What `--fix` does about it; nil where only people can.
    let repair: Repair?

    private init(_ status: Status, _ text: String, _ advice: String?, _ repair: Repair?) {
        self.status = status
        self.text = text
        self.advice = advice
        self.repair = repair
    }

    package static func ok(_ text: String) -> Finding { Finding(.ok, text, nil, nil) }

    package static func warning(_ text: String, advice: String? = nil, repair: Repair? = nil) -> Finding {
        Finding(.warning, text, advice, repair)
    }

    package static func problem(_ text: String, advice: String? = nil, repair: Repair? = nil) -> Finding {
        Finding(.problem, text, advice, repair)
    }

    package static func skipped(_ text: String) -> Finding { Finding(.skipped, text, nil, nil) }

    /// An error, whose description says what to do.
    package static func problem(_ error: any Error) -> Finding { .problem("\(error)") }
}
