/// The exit statuses of all commands, decided here and nowhere else.
package enum ExitStatus {
    package static let done: Int32 = 0
    package static let failed: Int32 = 1
    /// Wrong configuration or usage: `EX_USAGE` of sysexits(3), which the argument parser uses too.
    package static let usage: Int32 = 64

    /// The status that stands for `error`.
    package static func of(_ error: any Error) -> Int32 {
        (error as? any ErrorWithExitStatus)?.exitStatus ?? failed
    }
}

/// An error for which a command does not end with the status 1.
package protocol ErrorWithExitStatus: Error {
    /// ``ExitStatus/usage`` for what is wrong in a configuration or on a command line.
    var exitStatus: Int32 { get }
}

extension OptionError: ErrorWithExitStatus {
    package var exitStatus: Int32 { ExitStatus.usage }
}
