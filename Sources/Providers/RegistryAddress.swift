package import Images
package import Options
import Processes

/// Where a registry is, as people write it in an option: `host[:port][/path]`.
package struct RegistryAddress: Equatable, Sendable {
    /// `host[:port]`.
    package let host: String
    /// What stands before every repository; nil for nothing.
    package let path: String?
    /// Whether it was written with `http://`.
    package let isPlain: Bool

    /// Reads the value of an option, which may have `https://` before it and begin with `$NAME`.
    ///
    /// A host must look like one to Docker: it would read `registry/app` as a name on Docker Hub, and fetch it there.
    ///
    /// - Parameter environment: nil where variables that are named may not be set yet: a host that no one has stands in
    package init(
        _ options: OptionValues,
        _ option: OptionDefinition,
        environment: [String: String]?
    ) throws(OptionError) {
        guard options.has(option) else {
            throw .missing(option: options.displayName(option), meaning: option.meaning, allowed: [])
        }
        guard let address = try options.place(option, environment: environment, standIn: Self.unknown) else {
            throw .empty(option: options.displayName(option), variable: option.variable)
        }
        isPlain = address.hasPrefix("http://")
        let text = address.withoutScheme
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        let parts = trimmed.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, !text.contains("://"), RepositoryName.isHost(host) else {
            throw .invalid(
                option: options.displayName(option),
                value: ShownCommand.text([address]),
                reason: "a registry's host has a dot or a port in it, or is localhost; "
                    + "Docker would look for anything else on Docker Hub."
            )
        }
        self.host = String(host)
        path = parts.count == 2 ? String(parts[1]) : nil
    }

    /// Where it is not known yet (https://www.rfc-editor.org/rfc/rfc2606).
    private static let unknown = "registry.invalid"

    /// The repository of the given components below the address. Blames one of the options if that is no name.
    ///
    /// - Parameters:
    ///   - components: nil ones are left out
    ///   - blamed: the option whose value is most likely to be wrong
    package func repository(
        _ components: [String?],
        options: OptionValues,
        blaming blamed: OptionDefinition
    ) throws(OptionError) -> RepositoryName {
        try Self.repository(host: host, [path] + components, options: options, blaming: blamed)
    }

    /// As ``repository(_:options:blaming:)``, on a host that is known.
    static func repository(
        host: String,
        _ components: [String?],
        options: OptionValues,
        blaming blamed: OptionDefinition
    ) throws(OptionError) -> RepositoryName {
        let path = components.compactMap { $0 }.joined(separator: "/")
        do {
            return try RepositoryName(host: host, path: path)
        } catch {
            throw .invalid(
                option: options.displayName(blamed),
                value: try options.text(blamed) ?? "",
                reason: "\(host)/\(path) is not a name Docker accepts: \(error)."
            )
        }
    }
}
