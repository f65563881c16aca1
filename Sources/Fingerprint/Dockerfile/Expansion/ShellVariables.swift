/// Where a word's variables get their values from.
protocol ShellVariables {
    /// The value; nil if it is not set, which `${x-y}` tells from empty. Throws if nobody can know.
    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]?
}

/// For words whose variables do not count.
struct NoVariables: ShellVariables {
    func value(of name: [UInt8]) -> [UInt8]? { nil }
}
