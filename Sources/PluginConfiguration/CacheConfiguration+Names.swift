import Buildkite
import Images
import Options

/// Reads the options that are names.
extension CacheConfiguration {
    static func image(_ options: OptionValues) throws(OptionError) -> RepositoryName {
        let name = try options.requiredText(OptionTable.image)
        do {
            return try RepositoryName(name)
        } catch {
            throw .invalid(
                option: options.displayName(OptionTable.image),
                value: name,
                reason: "it is not a name Docker accepts: \(error)."
            )
        }
    }

    static func tag(
        _ options: OptionValues,
        _ option: OptionDefinition,
        reserving reserved: Int
    ) throws(OptionError) -> String {
        let tag = try options.requiredText(option)
        guard ImageReference.isWellFormed(tag: tag) else {
            throw .invalid(option: options.displayName(option), value: tag, reason: "\(NameError.malformedTag(tag)).")
        }
        let limit = ImageReference.maximumTagLength - reserved
        guard tag.utf8.count <= limit else {
            throw .invalid(
                option: options.displayName(option),
                value: tag,
                reason:
                    "it has \(tag.utf8.count) characters; expected at most \(limit), so that a tag with what is "
                    + "appended has at most \(ImageReference.maximumTagLength)."
            )
        }
        let isReserved = ArtifactTag.Kind.allCases.contains { tag.hasSuffix($0.rawValue) }
        guard reserved == 0 || !isReserved else {
            throw .invalid(
                option: options.displayName(option),
                value: tag,
                reason: "tags that begin with \(tag)- are those of records and signatures, see docs/providers.md; "
                    + "choose another."
            )
        }
        return tag
    }

    static func variable(
        _ options: OptionValues,
        environment: [String: String]
    ) throws(OptionError) -> String {
        let name = try options.requiredText(OptionTable.exportVariable)
        guard VariableName.isWellFormed(name) else {
            throw .invalid(
                option: options.displayName(OptionTable.exportVariable),
                value: name,
                reason:
                    "expected the name of a shell variable: letters, digits and \"_\", not beginning with a digit."
            )
        }
        // The agent may know the plugin by a different name, but the variables that it exports keep theirs.
        for prefix in [PluginOptions.prefix(in: environment), PluginOptions.prefix] where name.hasPrefix(prefix) {
            throw .invalid(
                option: options.displayName(OptionTable.exportVariable),
                value: name,
                reason:
                    "names that begin with \(prefix) are options of the plugin, and the next lookup of the job would "
                    + "read it as one. Choose another name."
            )
        }
        // Bash refuses to set these, and the step would run without its image.
        guard !["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"].contains(name) else {
            throw .invalid(
                option: options.displayName(OptionTable.exportVariable),
                value: name,
                reason: "this variable is read-only in bash. Choose another name."
            )
        }
        guard !neededVariables.contains(name), !name.hasPrefix("LD_") else {
            throw .invalid(
                option: options.displayName(OptionTable.exportVariable),
                value: name,
                reason: "the step's shell, its programs or docker need this variable. Choose another name."
            )
        }
        return name
    }

    /// With another value of these, a step cannot find its programs or the daemon, or its shell runs another file.
    private static let neededVariables: Set<String> = [
        "BASH_ENV", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "ENV", "HOME", "IFS", "PATH", "PWD", "SHELL",
        "TMPDIR", "USER",
    ]
}
