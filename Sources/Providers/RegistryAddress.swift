package import Images
package import Options
import Processes

/// Where a registry is, as people write it in an option: `host[:port][/path]`.
package struct RegistryAddress: Equatable, Sendable {
    /// `host[:port]`.
    package let host: String
    /// What stands before every repository; nil for nothing.
    package let path: String?

    /// Reads the value of an option.
    ///
    /// A host must look like one to Docker: it would read `registry/app` as a name on Docker Hub, and fetch it there.
    package init(_ options: OptionValues, _ option: OptionDefinition) throws(OptionError) {
        let text = try options.requiredText(option)
        guard !text.contains("://") else {
            throw .invalid(
                option: options.displayName(option),
                value: ShownCommand.text([text]),
                reason: "give it as host[:port][/path], without \"https://\"."
            )
        }
        let trimmed = text.hasSuffix("/") ? text.dropLast() : Substring(text)
        let parts = trimmed.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, RepositoryName.isHost(host) else {
            throw .invalid(
                option: options.displayName(option),
                value: text,
                reason: "a registry's host has a dot or a port in it, or is localhost; "
                    + "Docker would look for anything else on Docker Hub."
            )
        }
        self.host = String(host)
        path = parts.count == 2 ? String(parts[1]) : nil
    }

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
