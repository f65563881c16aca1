import Formatting

/// Whether this machine and the registry agree on the time.
enum ClockFinding {
    /// In milliseconds. Tokens are often good for five minutes, and signatures no longer than fifteen.
    static let tolerance: Int64 = 5 * 60_000

    /// - Parameters:
    ///   - here: milliseconds since 1970
    ///   - there: the registry's; nil if it does not say
    package static func judge(here: Int64, there: Int64?) -> Finding {
        guard let there else { return .skipped("the registry does not say what time it is") }
        let ahead = here - there
        // The registry tells whole seconds, and the answer took a while.
        guard abs(ahead) >= 2_000 else { return .ok("the registry's and this machine's agree") }
        let relation = ahead > 0 ? "ahead of" : "behind"
        let text = "this machine's is \(Quantity.duration(abs(ahead))) \(relation) the registry's"
        guard abs(ahead) > tolerance else { return .ok(text) }
        return .warning(
            text,
            advice: "Set this machine's clock (NTP): the ages of images and of tokens are wrong as long as it is off."
        )
    }
}
