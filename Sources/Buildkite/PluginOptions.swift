import Images
package import Options

/// Reads the options that the agent passes to the plugin in variables.
///
/// The agent turns `max-age-days: 7` into `BUILDKITE_PLUGIN_DOCKER_CACHE_MAX_AGE_DAYS=7`, lists into `…_0`, `…_1` and
/// so on (a list given as a single string has no number), and nested options into `…_REGISTRY_URL`.
/// https://buildkite.com/docs/pipelines/integrations/plugins/using
package enum PluginOptions {
    /// The agent's name for the plugin, unless its repository has another name.
    package static let usualName = "DOCKER_CACHE"
    /// The prefix of all variables of the plugin, unless its repository has another name.
    package static let prefix = "BUILDKITE_PLUGIN_\(usualName)_"

    /// The agent's name for the plugin in this hook's variables: `DOCKER_CACHE_GIT` if its repository is
    /// `docker-cache.git`, and for a renamed fork, the fork's name. Agents before 3.28.1 do not set it.
    private static func name(in environment: [String: String]) -> String {
        environment["BUILDKITE_PLUGIN_NAME"].flatMap { $0.isEmpty ? nil : $0 } ?? usualName
    }

    /// The prefix of the options' variables in this hook.
    package static func prefix(in environment: [String: String]) -> String {
        "BUILDKITE_PLUGIN_\(name(in: environment))_"
    }

    /// Collects the options that are set in `environment`. The lines of a string for a list option are its elements.
    ///
    /// Variables that an earlier use of the plugin in the same job has exported are not options. Throws ``OptionError``
    /// for an option that is not in `definitions`, for a map where a list is expected, for an exported variable
    /// although nothing has been exported, and for an option without a value, which makes the agent set no variables.
    package static func read(
        _ definitions: [OptionDefinition],
        from environment: [String: String]
    ) throws(OptionError) -> OptionValues {
        var values = OptionValues(origin: .pipeline)
        let byVariable = Dictionary(definitions.map { ($0.variable, $0) }) { first, _ in first }
        var found: [String: [(position: Int, value: String)]] = [:]
        let hasEarlierUse = Exports.areSet(in: environment)
        if !hasEarlierUse, environment[Exports.keyVariable] != nil {
            throw .ownVariable(Exports.keyVariable, instead: "cache-key")
        }
        let prefix = prefix(in: environment)
        var isEmpty = true
        // Sorted, so that of several mistakes it is always the same one that is reported.
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(prefix) {
            let suffix = String(variable.dropFirst(prefix.count))
            if hasEarlierUse, prefix == Self.prefix, Exports.names.contains(suffix) { continue }
            isEmpty = false
            if let definition = byVariable[suffix] {
                if definition.kind == .list {
                    values.set(definition, toLinesOf: value)
                } else {
                    values.set(definition, to: [value])
                }
            } else if let (name, position) = numbered(suffix), byVariable[name]?.kind == .list {
                found[name, default: []].append((position, value))
            } else if let map = PluginMap(suffix, prefix: prefix, definitions: definitions, environment: environment) {
                throw .mapGiven(option: map.option.name, example: map.example)
            } else {
                throw unknown(suffix, definitions)
            }
        }
        // Nothing tells which of several uses in one step this is. Uses without such a mistake have their options.
        let uses =
            isEmpty ? StepPlugin.uses(list: environment["BUILDKITE_PLUGINS"] ?? "", name: name(in: environment)) : []
        if let plugin = uses.first(where: { !$0.withoutValue.isEmpty }) {
            throw .withoutValue(options: plugin.withoutValue)
        }
        for (name, entries) in found {
            guard let definition = byVariable[name] else { continue }
            values.set(definition, to: entries.sorted { $0.position < $1.position }.map(\.value))
        }
        return values
    }

    /// Splits the name of a list element into the option's name and the number.
    private static func numbered(_ suffix: String) -> (name: String, position: Int)? {
        guard let underscore = suffix.lastIndex(of: "_"),
            let position = Int(suffix[suffix.index(after: underscore)...]), position >= 0
        else { return nil }
        return (String(suffix[..<underscore]), position)
    }

    private static func unknown(_ suffix: String, _ definitions: [OptionDefinition]) -> OptionError {
        let bare = numbered(suffix)?.name ?? suffix
        if let known = definitions.first(where: { $0.variable == bare }) { return .listGiven(option: known.name) }
        let written = String(bare.lowercased().map { $0 == "_" ? "-" : $0 })
        let members = definitions.filter { $0.name.hasPrefix("\(written).") }
        guard members.isEmpty else {
            return .groupWanted(option: written, members: members.map { String($0.name.dropFirst(written.count + 1)) })
        }
        // An option outside its group is more likely than a misspelled one.
        let inGroups = definitions.filter { $0.name.hasSuffix(".\(written)") }.map(\.name)
        let nearest = Spelling.nearest(to: bare, among: definitions.map(\.variable))
        return .unknown(
            option: written,
            nearest: inGroups.isEmpty
                ? definitions.first { $0.variable == nearest }?.name : inGroups.joined(separator: " or "),
            all: definitions.map(\.name)
        )
    }
}

/// A map in the pipeline where a list is expected: `build-args: {NODE_ENV: test}`, or `- NODE_ENV: test` in a list. The
/// agent turns it into `…_BUILD_ARGS_NODE_ENV` or `…_BUILD_ARGS_0_NODE_ENV`.
private struct PluginMap {
    let option: OptionDefinition
    /// The equivalent list, as YAML and without the values.
    let example: String

    /// Nil if the variable does not come from such a map.
    init?(
        _ suffix: String,
        prefix: String,
        definitions: [OptionDefinition],
        environment: [String: String]
    ) {
        guard let option = definitions.first(where: { $0.kind == .list && suffix.hasPrefix("\($0.variable)_") })
        else { return nil }
        self.option = option
        let configuration = try? JSONValue(parsing: (environment["BUILDKITE_PLUGIN_CONFIGURATION"] ?? "").utf8)
        let written: [[String]]
        switch configuration?.object?[option.name] {
        case .object(let members): written = [members.keys.sorted()]
        case .array(let elements): written = elements.compactMap { $0.object?.keys.sorted() }
        // The agent does not pass on the configuration. The variables have the names, in capitals.
        case nil where configuration == nil:
            written = [Self.names(below: "\(prefix)\(option.variable)_", in: environment)]
        case nil, .null, .bool, .number, .string: return nil
        }
        guard written.contains(where: { !$0.isEmpty }) else { return nil }
        let elements = written.filter { !$0.isEmpty }.flatMap { names -> [String] in
            let fields = names.map { "\($0.lowercased())=…" }
            switch option.elements {
            case .pairs: return names.map { "\($0)=…" }
            case .fields: return [fields.joined(separator: ",")]
            case .identified: return fields.contains("id=…") ? [fields.joined(separator: ",")] : names
            case .texts: return names.map { _ in "…" }
            }
        }
        example = "[" + elements.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    private static func names(below prefix: String, in environment: [String: String]) -> [String] {
        environment.keys.filter { $0.hasPrefix(prefix) }.sorted().compactMap { variable in
            let name = variable.dropFirst(prefix.count)
            guard Int(name.prefix { $0 != "_" }) != nil else { return String(name) }
            // Without an underscore, it is an element that is not a map.
            return name.firstIndex(of: "_").map { String(name[name.index(after: $0)...]) }
        }
    }
}
