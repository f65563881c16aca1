/// The parameters that decide, together with the Dockerfile, which stages are built and what the variables hold.
package struct DockerfileParameters: Sendable {
    /// The stage to build; nil for the last one.
    package let target: String?
    /// The arguments as passed to the builder; the last of equal names wins.
    package let buildArguments: [BuildArgument]
    /// The target platform, such as `linux/amd64`.
    package let platform: String
    /// The names that `--build-context` gives to directories, images and repositories.
    package var namedContexts: [String]

    package init(target: String?, buildArguments: [BuildArgument], platform: String, namedContexts: [String] = []) {
        self.target = target
        self.buildArguments = buildArguments
        self.platform = platform
        self.namedContexts = namedContexts
    }

    /// The values by name. An argument without a value is not passed to the builder at all.
    var values: [[UInt8]: [UInt8]] {
        var values: [[UInt8]: [UInt8]] = [:]
        for argument in buildArguments {
            // An argument without a value removes an earlier value of the same name.
            values[Array(argument.name.utf8)] = argument.value.map { Array($0.utf8) }
        }
        return values
    }
}

/// The parts of a base image's configuration that decide which files of the context a build reads.
///
/// https://github.com/opencontainers/image-spec/blob/main/config.md, and Docker's additional `OnBuild`.
package struct BaseImageFacts: Hashable, Sendable {
    /// Whether it has `ONBUILD` instructions. They run in every stage that starts from the image, and may copy
    /// anything.
    package var hasTriggers: Bool
    /// The names of the variables that its environment sets.
    package var variables: Set<String>

    /// - Parameter environment: `NAME=value`, as in the configuration.
    package init(triggers: [String], environment: [String]) {
        hasTriggers = !triggers.isEmpty
        variables = Set(environment.map { String($0.prefix { $0 != "=" }) })
    }

    package init(hasTriggers: Bool, variables: Set<String>) {
        self.hasTriggers = hasTriggers
        self.variables = variables
    }

    /// Returns facts that are safe to rely on if the image may be either of two.
    package func union(_ other: BaseImageFacts) -> BaseImageFacts {
        BaseImageFacts(
            hasTriggers: hasTriggers || other.hasTriggers,
            variables: variables.union(other.variables)
        )
    }
}
