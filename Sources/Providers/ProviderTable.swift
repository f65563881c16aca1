package import Options

/// All providers. A new one takes a file and a line here.
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

    /// The values of the option `provider`.
    package static var names: [String] { all.map { $0.name } }

    /// The options of all providers.
    package static var options: [OptionDefinition] { all.flatMap { $0.options } }

    /// The options of all providers except those that the provider called `name` has.
    package static func options(otherThan name: String) -> [OptionDefinition] {
        let own = provider(named: name)?.options ?? []
        return options.filter { !own.contains($0) }
    }

    /// The provider called `name`; nil if there is none.
    package static func provider(named name: String) -> (any Provider.Type)? {
        all.first { $0.name == name }
    }
}
