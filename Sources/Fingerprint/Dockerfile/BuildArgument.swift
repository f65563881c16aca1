/// One build argument with the value that the build will see.
package struct BuildArgument: Hashable, Sendable {
    package let name: String
    /// Nil if the argument takes its value from a variable that is not set, which is not the same as empty.
    package let value: String?

    /// Reads `NAME=value`, or `NAME`, whose value is that of the variable in `environment`.
    package init(_ text: String, environment: [String: String]) {
        if let equals = text.firstIndex(of: "=") {
            name = String(text[..<equals])
            value = String(text[text.index(after: equals)...])
        } else {
            name = text
            value = environment[text]
        }
    }

    /// Resolves a list as docker does: the last of equal names wins. The result is sorted by name.
    package static func resolve(_ texts: [String], environment: [String: String]) -> [BuildArgument] {
        var byName: [String: BuildArgument] = [:]
        for text in texts {
            let argument = BuildArgument(text, environment: environment)
            byName[argument.name] = argument
        }
        return byName.values.sorted { CanonicalEncoding.byBytes($0.name, $1.name) }
    }

    static func encode(_ arguments: [BuildArgument]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for argument in arguments {
            encoding.append(argument.name)
            encoding.append(argument.value == nil ? "unset" : "set")
            encoding.append(argument.value ?? "")
        }
        return encoding.bytes
    }
}
