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

    /// What holds if the image may be either of two: whoever relies on it is right with both.
    package func union(_ other: BaseImageFacts) -> BaseImageFacts {
        BaseImageFacts(
            hasTriggers: hasTriggers || other.hasTriggers,
            variables: variables.union(other.variables)
        )
    }
}
