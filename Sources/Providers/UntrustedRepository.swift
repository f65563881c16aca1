import Images
package import Options

/// The value of the option `untrusted-repository`, or of the variable with which the agent's owner overrides it: issue
/// 20.
package struct UntrustedRepository: Equatable, Sendable {
    /// The suffix of the trusted repository's name that gives the default.
    package static let suffix = "-untrusted"

    /// The given name; nil if there is none.
    package let name: String?
    /// The option or variable that gives the name, as the user knows it.
    package let source: String
    /// Whether the source is a variable, which the agent's owner sets.
    package let isVariable: Bool

    package init(name: String?, option: String) {
        (self.name, source, isVariable) = (name, option, false)
    }

    package init(name: String, variable: String) {
        (self.name, source, isVariable) = (name, variable, true)
    }

    /// The untrusted counterpart of a plain name, such as a registry's slug.
    ///
    /// Throws ``OptionError`` if it equals the trusted name.
    func word(besides trusted: String) throws(OptionError) -> String {
        let word = name ?? trusted + Self.suffix
        guard word != trusted else { throw isTrusted(word) }
        return word
    }

    /// The path of the untrusted repository, for providers where the path is the only name.
    ///
    /// Throws ``OptionError`` if it equals the trusted path, or is not a path that Docker accepts.
    func path(besides trusted: String) throws(OptionError) -> String {
        let path = try word(besides: trusted)
        do {
            return try RepositoryName(host: nil, path: path).path
        } catch {
            throw invalid(path, "Docker does not accept it as a name: \(error).")
        }
    }

    /// The untrusted repository on the same registry.
    ///
    /// Throws ``OptionError`` if it equals the trusted repository, or is not a name that Docker accepts.
    ///
    /// - Parameter path: the path prefix of every repository in the registry; nil for none
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
