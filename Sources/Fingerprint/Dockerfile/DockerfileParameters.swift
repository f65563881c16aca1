/// What besides the Dockerfile decides which of its stages are built, and what its variables hold.
package struct DockerfileParameters: Sendable {
    /// The stage that is built; nil for the last.
    package let target: String?
    /// As the builder gets them; of equal names the last counts.
    package let buildArguments: [BuildArgument]
    /// Such as `linux/amd64`.
    package let platform: String

    package init(target: String?, buildArguments: [BuildArgument], platform: String) {
        self.target = target
        self.buildArguments = buildArguments
        self.platform = platform
    }

    /// The values by name. An argument without a value is not handed to the builder at all.
    var values: [[UInt8]: [UInt8]] {
        var values: [[UInt8]: [UInt8]] = [:]
        for argument in buildArguments {
            // One without a value takes away what an earlier one of the name had.
            values[Array(argument.name.utf8)] = argument.value.map { Array($0.utf8) }
        }
        return values
    }
}
