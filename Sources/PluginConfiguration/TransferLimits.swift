import Options

/// How long pulls and pushes may take.
package struct TransferLimits: Equatable, Sendable {
    /// How long a pull or push may make no progress.
    package let stall: Duration
    /// The option's limit for a push; nil if it is not set.
    private let push: Duration?

    init(_ options: OptionValues) throws(OptionError) {
        stall = try Self.seconds(options, OptionTable.stallTimeout) ?? .seconds(120)
        push = try Self.seconds(options, OptionTable.pushTimeout)
    }

    /// The time limit for a push, even one that makes progress: building the image again should not be faster.
    ///
    /// - Parameter milliseconds: how long the build took; nil if there was none
    package func push(afterBuildOf milliseconds: Int64?) -> Duration {
        push ?? max(.milliseconds(milliseconds ?? 0), Self.leastForPush)
    }

    /// The minimum limit: an image that is quick to build may still be large.
    private static let leastForPush = Duration.seconds(300)

    private static func seconds(_ options: OptionValues, _ option: OptionDefinition) throws(OptionError) -> Duration? {
        guard let number = try options.number(option) else { return nil }
        guard (1...mostSeconds).contains(number) else {
            throw .invalid(
                option: options.displayName(option),
                value: try options.requiredText(option),
                reason: "expected 1 to \(Int(mostSeconds)) seconds."
            )
        }
        return .seconds(number)
    }

    /// A week.
    private static let mostSeconds: Double = 7 * 86_400
}
