import Images

/// This plugin in the job's variable `BUILDKITE_PLUGINS`.
///
/// The agent sets the variables of a plugin's options only for the plugin's own hooks. If doctor runs as the command of
/// a step, only this list has the options.
package struct StepPlugin: Equatable {
    /// The part of its address after `#`, such as `v0.1.0`.
    package let version: String?
    /// The variables of the options, as the agent would set them.
    package let variables: [String: String]
    /// The options without a value. If there is only one, the agent sets no variable for any option (tested with 3.20
    /// and 3.137).
    package let withoutValue: [String]

    /// The first use of the plugin in the list. Nil if the list lacks it, or if there is no list.
    package init?(list: String, name: String = PluginOptions.usualName) {
        guard let first = Self.uses(list: list, name: name).first else { return nil }
        self = first
    }

    /// All uses of the plugin in one step.
    ///
    /// - Parameters:
    ///   - list: a JSON array; each plugin is an object with its address as the name, or only that address
    ///   - name: the agent's name for the plugin in its variables
    package static func uses(list: String, name: String) -> [StepPlugin] {
        // Outside a job there is no list, and a list that cannot be parsed has no plugins.
        ((try? JSONValue(parsing: list.utf8))?.array ?? []).compactMap { plugin in
            let entries = plugin.string.map { [$0: JSONValue.null] } ?? plugin.object ?? [:]
            return entries.first { Self.name(ofPluginAt: $0.key) == name }
                .map { StepPlugin(address: $0.key, configuration: $0.value) }
        }
    }

    private init(address: String, configuration: JSONValue) {
        let parts = address.split(separator: "#", maxSplits: 1)
        version = parts.count == 2 ? String(parts[1]) : nil
        variables = Dictionary(
            configuration.object.map { Self.variables(.object($0), named: String(PluginOptions.prefix.dropLast())) }
                ?? []
        ) { first, _ in first }
        withoutValue = Self.withoutValue(configuration.object ?? [:]).sorted()
    }

    /// The agent's name for a plugin in its variables, from the last part of the plugin's address.
    private static func name(ofPluginAt address: String) -> String {
        var name = address.prefix { $0 != "#" }.split(separator: "/").last.map(String.init) ?? ""
        for suffix in ["-buildkite-plugin.git", "-buildkite-plugin"] where name.hasSuffix(suffix) {
            name.removeLast(suffix.count)
        }
        return String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// The names of the options that are null, nested ones as `group.option`.
    private static func withoutValue(_ options: [String: JSONValue]) -> [String] {
        options.flatMap { name, value -> [String] in
            switch value {
            case .null: [name]
            case .object(let members): withoutValue(members).map { "\(name).\($0)" }
            case .bool, .number, .string, .array: []
            }
        }
    }

    private static func variables(_ value: JSONValue, named name: String) -> [(String, String)] {
        switch value {
        case .null: []
        case .bool(let value): [(name, value ? "true" : "false")]
        case .number(let value): [(name, Int64(exactly: value).map { "\($0)" } ?? "\(value)")]
        case .string(let value): [(name, value)]
        case .array(let values):
            values.enumerated().flatMap { variables($0.element, named: "\(name)_\($0.offset)") }
        case .object(let members):
            members.flatMap { key, value in
                let part = String(key.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
                return variables(value, named: "\(name)_\(part)")
            }
        }
    }
}
