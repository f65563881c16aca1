import Images
package import Options

/// What the option `untrusted-repository` says, or the agent's owner in its place: issue 20.
package struct UntrustedRepository: Equatable, Sendable {
    /// What is added to the name of the trusted repository where nothing is said.
    package static let suffix = "-untrusted"

    /// Nil where nothing is said.
    package let name: String?
    /// The option or variable that says it, as the user knows it.
    package let source: String
    /// Whether that is a variable, which the agent's owner sets.
    package let isVariable: Bool

    package init(name: String?, option: String) {
        (self.name, source, isVariable) = (name, option, false)
    }

    package init(name: String, variable: String) {
        (self.name, source, isVariable) = (name, variable, true)
    }

    /// The name that stands in for one that providers call by a word, such as a registry's slug.
    ///
    /// Throws ``OptionError`` if it is the trusted one.
    func word(besides trusted: String) throws(OptionError) -> String {
        let word = name ?? trusted + Self.suffix
        guard word != trusted else { throw isTrusted(word) }
        return word
    }

    /// The path of the repository beside a trusted one, where a provider has no names of other parts.
    ///
    /// Throws ``OptionError`` if it is the trusted one, or not a path that Docker accepts.
    func path(besides trusted: String) throws(OptionError) -> String {
        let path = try word(besides: trusted)
        do {
            return try RepositoryName(host: nil, path: path).path
        } catch {
            throw invalid(path, "Docker does not accept it as a name: \(error).")
        }
    }

    /// The repository beside a trusted one, on the same registry.
    ///
    /// Throws ``OptionError`` if it is the trusted one, or not a name that Docker accepts.
    ///
    /// - Parameter path: what stands before every repository of the registry; nil for nothing
    func repository(besides trusted: RepositoryName, below path: String? = nil) throws(OptionError) -> RepositoryName {
        let full = name.map { [path, $0].compactMap { $0 }.joined(separator: "/") } ?? trusted.path + Self.suffix
        let repository: RepositoryName
        do {
            repository = try RepositoryName(host: trusted.host ?? "", path: full)
        } catch {
            throw invalid(full, "Docker does not accept it as a name: \(error).")
        }
        guard repository != trusted else { throw isTrusted(full) }
        return repository
    }

    /// The error for a name that the provider does not accept.
    package func invalid(_ name: String, _ reason: String) -> OptionError {
        let value = self.name ?? name
        return isVariable
            ? .invalidVariable(source, value: value, reason: reason)
            : .invalid(option: source, value: value, reason: reason)
    }

    private func isTrusted(_ name: String) -> OptionError {
        invalid(name, "this is the repository of trusted builds. Name another one.")
    }
}
