/// What besides the Dockerfile decides which of its stages are built, and what its variables hold.
package struct DockerfileParameters: Sendable {
    /// The stage that is built; nil for the last.
    package let target: String?
    /// As the builder gets them; of equal names the last counts.
    package let buildArguments: [BuildArgument]
    /// Such as `linux/amd64`.
    package let platform: String
    /// The names that `--build-context` gives to directories, images and repositories.
    package var namedContexts: [String]

    package init(target: String?, buildArguments: [BuildArgument], platform: String, namedContexts: [String] = []) {
        self.target = target
        self.buildArguments = buildArguments
        self.platform = platform
        self.namedContexts = namedContexts
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

/// What of a base image's configuration decides which files of the context a build reads.
///
/// https://github.com/opencontainers/image-spec/blob/main/config.md, and Docker's `OnBuild` beside it.
package struct BaseImageFacts: Hashable, Sendable {
    /// `ONBUILD` instructions that run in every stage that starts from the image, and may copy what they like.
    package var hasTriggers: Bool
    /// The names that its environment sets.
    package var variables: Set<String>

    /// - Parameter environment: `NAME=value`, as the configuration has it.
    package init(triggers: [String], environment: [String]) {
        hasTriggers = !triggers.isEmpty
        variables = Set(environment.map { String($0.prefix { $0 != "=" }) })
    }

    package init(hasTriggers: Bool, variables: Set<String>) {
        self.hasTriggers = hasTriggers
        self.variables = variables
    }

    /// What holds if the image may be either of two: relying on it is right with both.
    package func union(_ other: BaseImageFacts) -> BaseImageFacts {
        BaseImageFacts(
            hasTriggers: hasTriggers || other.hasTriggers,
            variables: variables.union(other.variables)
        )
    }
}
