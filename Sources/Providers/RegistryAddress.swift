package import Images
package import Options

/// The address of a registry as written in an option: `host[:port][/path]`.
package struct RegistryAddress: Equatable, Sendable {
    /// `host[:port]`.
    package let host: String
    /// The path prefix of every repository; nil for none.
    package let path: String?
    /// Whether it was written with `http://`.
    package let isPlain: Bool

    /// Parses the value of an option, which may start with `https://` and then with `$NAME`.
    ///
    /// Docker must recognise the host as one: it would take `registry/app` for a name on Docker Hub and pull it from
    /// there.
    ///
    /// - Parameter environment: nil if the named variables may not be set yet; a reserved host then replaces them
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
        guard parts.first?.contains("@") != true else {
            throw .invalid(
                option: options.displayName(option),
                value: try options.shownPlace(option),
                reason: "expected an address without a user and a password. Set the provider's options username and "
                    + "password."
            )
        }
        guard let host = parts.first, !text.contains("://"), RepositoryName.isHost(host) else {
            throw .invalid(
                option: options.displayName(option),
                value: try options.shownPlace(option),
                reason: "a registry's host has a dot or a port in it, or is localhost; "
                    + "Docker would look for anything else on Docker Hub."
            )
        }
        self.host = String(host)
        path = parts.count == 2 ? String(parts[1]) : nil
    }

    /// The host if the address is not known yet (https://www.rfc-editor.org/rfc/rfc2606).
    private static let unknown = "registry.invalid"

    /// The repository with the given path components below the address. If that is not a valid name, throws an error
    /// that blames one of the options.
    ///
    /// - Parameters:
    ///   - components: path components; nil ones are skipped
    ///   - blamed: the option that most likely has the wrong value
    package func repository(
        _ components: [String?],
        options: OptionValues,
        blaming blamed: OptionDefinition
    ) throws(OptionError) -> RepositoryName {
        try Self.repository(host: host, [path] + components, options: options, blaming: blamed)
    }

    /// The same as ``repository(_:options:blaming:)``, on a known host.
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
                value: try options.shownPlace(blamed),
                reason: "\(host)/\(path) is not a name Docker accepts: \(error)."
            )
        }
    }
}
