package import Options

/// Reads the options that the agent hands to the plugin in variables.
///
/// The agent turns `max-age-days: 7` into `BUILDKITE_PLUGIN_DOCKER_CACHE_MAX_AGE_DAYS=7`, lists into `…_0`, `…_1` and
/// so on (a list given as a single text has no number), and nested options into `…_REGISTRY_URL`.
/// https://buildkite.com/docs/pipelines/integrations/plugins/using
package enum PluginOptions {
    /// What the agent calls the plugin, unless its repository has another name.
    package static let usualName = "DOCKER_CACHE"
    /// What all variables of the plugin begin with, unless its repository has another name.
    package static let prefix = "BUILDKITE_PLUGIN_\(usualName)_"

    /// What the agent calls the plugin in the variables of this hook: `DOCKER_CACHE_GIT` where its repository is
    /// `docker-cache.git`, and for a fork of another name, that name. Agents before 3.28.1 do not say.
    private static func name(in environment: [String: String]) -> String {
        environment["BUILDKITE_PLUGIN_NAME"].flatMap { $0.isEmpty ? nil : $0 } ?? usualName
    }

    /// Collects the options that are set in `environment`.
    ///
    /// Throws ``OptionError/unknown(option:nearest:all:)`` for one that is not among `definitions`. What an earlier
    /// use of the plugin in the same job has exported is no option. Throws ``OptionError/withoutValue(options:)`` where
    /// the agent sets nothing because of one that stands there without a value.
    package static func read(
        _ definitions: [OptionDefinition],
        from environment: [String: String]
    ) throws(OptionError) -> OptionValues {
        var values = OptionValues(origin: .pipeline)
        let byVariable = Dictionary(definitions.map { ($0.variable, $0) }) { first, _ in first }
        var found: [String: [(position: Int, value: String)]] = [:]
        let name = name(in: environment)
        let prefix = "BUILDKITE_PLUGIN_\(name)_"
        for (variable, value) in environment where variable.hasPrefix(prefix) {
            let suffix = String(variable.dropFirst(prefix.count))
            if Exports.names.contains(suffix) { continue }
            if byVariable[suffix] != nil {
                found[suffix, default: []].append((-1, value))
            } else if let (name, position) = numbered(suffix), byVariable[name]?.kind == .list {
                found[name, default: []].append((position, value))
            } else {
                throw unknown(suffix, definitions)
            }
        }
        if found.isEmpty, let plugin = StepPlugin(list: environment["BUILDKITE_PLUGINS"] ?? "", name: name),
            !plugin.withoutValue.isEmpty
        {
            throw .withoutValue(options: plugin.withoutValue)
        }
        for (name, entries) in found {
            guard let definition = byVariable[name] else { continue }
            values.set(definition, to: entries.sorted { $0.position < $1.position }.map(\.value))
        }
        return values
    }

    /// Takes the number off the name of one element of a list.
    private static func numbered(_ suffix: String) -> (name: String, position: Int)? {
        guard let underscore = suffix.lastIndex(of: "_"),
            let position = Int(suffix[suffix.index(after: underscore)...]), position >= 0
        else { return nil }
        return (String(suffix[..<underscore]), position)
    }

    private static func unknown(_ suffix: String, _ definitions: [OptionDefinition]) -> OptionError {
        let bare = numbered(suffix)?.name ?? suffix
        if let known = definitions.first(where: { $0.variable == bare }) { return .listGiven(option: known.name) }
        let nearest = Spelling.nearest(to: bare, among: definitions.map(\.variable))
        let written =
            definitions.first { $0.variable == bare }?.name ?? String(bare.lowercased().map { $0 == "_" ? "-" : $0 })
        return .unknown(
            option: written,
            nearest: definitions.first { $0.variable == nearest }?.name,
            all: definitions.map(\.name)
        )
    }
}
