package import Options

extension OptionValues {
    /// The value of an option that names a place: a registry, a repository, a project, a region, an account. Nil if it
    /// is not given.
    ///
    /// One rule for all of them: `$NAME` or `${NAME}` at the beginning, after `https://` if that is there, stands for
    /// what the variable has; what follows from a slash on stays. A scheme that the variable has too is left out.
    ///
    /// - Parameters:
    ///   - environment: nil where variables that are named may not be set yet
    ///   - standIn: what is taken for the value then: one of the right form
    package func place(
        _ option: OptionDefinition,
        environment: [String: String]?,
        standIn: String
    ) throws(OptionError) -> String? {
        guard let given = try text(option) else {
            // An empty value may be what a variable leaves behind that a hook has yet to set.
            return has(option) && environment == nil ? standIn : nil
        }
        let text = given.withoutScheme
        guard text.hasPrefix("$") else { return given }
        guard let environment else { return standIn }
        let variable = text.prefix { $0 != "/" }
        let value = try resolved(String(variable), of: option, environment: environment)
        let scheme = given.dropLast(text.count)
        return (scheme.isEmpty ? value : scheme + value.withoutScheme) + text.dropFirst(variable.count)
    }

    /// As ``place(_:environment:standIn:)``, for an option that must be there.
    package func requiredPlace(
        _ option: OptionDefinition,
        environment: [String: String]?,
        standIn: String
    ) throws(OptionError) -> String {
        // For the error that says what the option is for.
        guard let place = try place(option, environment: environment, standIn: standIn) else {
            return try requiredText(option)
        }
        return place
    }
}

extension String {
    /// What follows `https://`, or `http://`.
    var withoutScheme: String {
        for scheme in ["https://", "http://"] where hasPrefix(scheme) {
            return String(dropFirst(scheme.count))
        }
        return self
    }
}
