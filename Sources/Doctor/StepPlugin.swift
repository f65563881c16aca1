import Buildkite
import Images

/// This plugin, as the job's variable `BUILDKITE_PLUGINS` has it.
///
/// The agent sets the variables of a plugin's options for the plugin's own hooks alone. Whoever runs doctor as the
/// command of a step has only this list to go by.
package struct StepPlugin: Equatable {
    /// What stands behind the `#` of its address, such as `v0.1.0`.
    package let version: String?
    /// The options, as the agent would set them.
    package let variables: [String: String]

    /// Nil if the plugin is not in the list, or there is none.
    ///
    /// - Parameter list: a JSON array; each plugin is an object with its address for a name, or that address alone
    package init?(list: String) {
        // Outside of a job there is no list, and one that cannot be read says nothing.
        guard let plugins = (try? JSONValue(parsing: list.utf8))?.array else { return nil }
        for plugin in plugins {
            let entries = plugin.string.map { [$0: JSONValue.null] } ?? plugin.object ?? [:]
            guard let (address, configuration) = entries.first(where: { Self.isOurs($0.key) }) else { continue }
            let parts = address.split(separator: "#", maxSplits: 1)
            version = parts.count == 2 ? String(parts[1]) : nil
            variables = Dictionary(
                configuration.object.map { Self.variables(.object($0), named: String(PluginOptions.prefix.dropLast())) }
                    ?? []
            ) { first, _ in first }
            return
        }
        return nil
    }

    private static func isOurs(_ address: String) -> Bool {
        let name = address.prefix { $0 != "#" }.split(separator: "/").last ?? ""
        return ["docker-cache", "docker-cache-buildkite-plugin", "docker-cache-buildkite-plugin.git"].contains(name)
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
