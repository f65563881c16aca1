package import Options
import Processes

extension OptionValues {
    /// The value of an option that names a location: a registry, a repository, a project, a region or an account.
    /// Returns nil if the option is not set.
    ///
    /// `$NAME` or `${NAME}` at the start, optionally after `https://`, is replaced by the variable's value. The rest,
    /// from the first slash on, is kept. A scheme in the variable's value is dropped if the option has one too.
    ///
    /// - Parameters:
    ///   - environment: nil if the named variables may not be set yet
    ///   - standIn: a well-formed value that is used in that case
    package func place(
        _ option: OptionDefinition,
        environment: [String: String]?,
        standIn: String
    ) throws(OptionError) -> String? {
        guard let given = try text(option) else {
            // The value may be empty because a hook has yet to set the variable.
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

    /// The same as ``place(_:environment:standIn:)``, for a required option.
    package func requiredPlace(
        _ option: OptionDefinition,
        environment: [String: String]?,
        standIn: String
    ) throws(OptionError) -> String {
        // Throws the error that explains the option.
        guard let place = try place(option, environment: environment, standIn: standIn) else {
            return try requiredText(option)
        }
        return place
    }

    /// The value of such an option as written, for errors. A variable is not replaced, and a login is hidden: both may
    /// contain a secret.
    func shownPlace(_ option: OptionDefinition) throws(OptionError) -> String {
        let text = ShownCommand.text([try text(option) ?? ""])
        let address = text.withoutScheme
        let authority = address.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return text }
        return text.dropLast(address.count) + "***" + address[at...]
    }
}

extension String {
    /// The string without a leading `https://` or `http://`.
    var withoutScheme: String {
        for scheme in ["https://", "http://"] where hasPrefix(scheme) {
            return String(dropFirst(scheme.count))
        }
        return self
    }
}
