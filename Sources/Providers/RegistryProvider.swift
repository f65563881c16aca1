package import Buildkite
package import Images

/// Any registry that speaks the OCI distribution protocol.
package struct RegistryProvider: Provider {
    package static let name = "registry"

    package static let url = OptionDefinition(
        "registry.url",
        .text,
        "The registry, as host[:port][/path]; required by the provider registry"
    )
    package static let repositoryOption = OptionDefinition(
        "registry.repository",
        .text,
        "The repository below the registry; the image's name if not given"
    )
    package static let username = OptionDefinition(
        "registry.username",
        .text,
        "Whom to log in as; $NAME takes it from that variable. Without it nobody logs in"
    )
    package static let password = OptionDefinition(
        "registry.password",
        .text,
        "The password or token; write $NAME, so that it is taken from that variable"
    )
    package static let insecure = OptionDefinition(
        "registry.insecure",
        .boolean,
        default: "false",
        "Say true for a registry that speaks plain http; Docker's daemon must list it in insecure-registries too"
    )

    package static let options = [url, repositoryOption, username, password, insecure]

    package let login: RegistryLogin?
    package let isInsecure: Bool
    private let target: RepositoryName

    package var repository: RepositoryName? { target }

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let url = try options.requiredText(Self.url)
        let base = try Self.parse(url: url, option: options.displayName(Self.url))
        let suffix = try options.text(Self.repositoryOption) ?? image.path
        let path = (base.path.map { "\($0)/" } ?? "") + suffix
        do {
            target = try RepositoryName(host: base.host, path: path)
        } catch {
            throw .invalid(
                option: options.displayName(options.has(Self.repositoryOption) ? Self.repositoryOption : Self.url),
                value: options.has(Self.repositoryOption) ? suffix : url,
                reason: "\(base.host)/\(path) is not a name Docker accepts: \(error)."
            )
        }
        isInsecure = try options.boolean(Self.insecure)
        login = try Self.credentials(options, environment: environment).map { credentials in
            RegistryLogin(host: base.host, username: credentials.username, password: credentials.password)
        }
    }

    /// Splits `host[:port][/path]`.
    ///
    /// A host must look like one to Docker: it would read `registry/app` as a name on Docker Hub, and fetch it there.
    private static func parse(url: String, option: String) throws(OptionError) -> (host: String, path: String?) {
        guard !url.contains("://") else {
            throw .invalid(
                option: option,
                value: url,
                reason: "give it as host[:port][/path], without \"https://\"."
            )
        }
        let trimmed = url.hasSuffix("/") ? url.dropLast() : Substring(url)
        let parts = trimmed.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, RepositoryName.isHost(host) else {
            throw .invalid(
                option: option,
                value: url,
                reason: "a registry's host has a dot or a port in it, or is localhost; "
                    + "Docker would look for anything else on Docker Hub."
            )
        }
        return (String(host), parts.count == 2 ? String(parts[1]) : nil)
    }

    private static func credentials(
        _ options: OptionValues,
        environment: [String: String]?
    ) throws(OptionError) -> (username: String, password: String)? {
        guard options.has(username) || options.has(password) else { return nil }
        guard options.has(username), options.has(password) else {
            let (given, absent) = options.has(username) ? (username, password) : (password, username)
            throw .missing(
                option: options.displayName(absent),
                meaning: "\(options.displayName(given)) is given, and a login needs both",
                allowed: []
            )
        }
        guard let environment else { return nil }
        guard let user = try options.resolvedText(username, environment: environment),
            let secret = try options.resolvedText(password, environment: environment)
        else { return nil }
        return (user, secret)
    }
}
