package import Options

/// All the providers there are. A new one is a file of its own and a line here.
package enum ProviderTable {
    package static let all: [any Provider.Type] = [
        LocalProvider.self,
        RegistryProvider.self,
        ECRProvider.self,
        GARProvider.self,
        ACRProvider.self,
        BuildkiteProvider.self,
        ArtifactoryProvider.self,
    ]

    /// The words that the option `provider` takes.
    package static var names: [String] { all.map { $0.name } }

    /// The options of all providers.
    package static var options: [OptionDefinition] { all.flatMap { $0.options } }

    /// The options that only providers other than the one called `name` have.
    package static func options(otherThan name: String) -> [OptionDefinition] {
        let own = provider(named: name)?.options ?? []
        return options.filter { !own.contains($0) }
    }

    /// The provider called `name`.
    package static func provider(named name: String) -> (any Provider.Type)? {
        all.first { $0.name == name }
    }
}
