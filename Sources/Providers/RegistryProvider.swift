package import Buildkite
package import Docker
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

    private let host: String
    private let target: RepositoryName
    private let credentials: (username: String, password: String)?

    package var repository: RepositoryName? { target }

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let url = try options.requiredText(Self.url)
        let base = try Self.parse(url: url, option: options.displayName(Self.url))
        host = base.host
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
        // It is docker that speaks to the registry, and docker's daemon that must be told; here it is only checked.
        _ = try options.boolean(Self.insecure)
        credentials = try Self.credentials(options, environment: environment)
    }

    package func logIn(with docker: DockerClient) async throws(DockerError) {
        guard let credentials else { return }
        try await docker.logIn(to: host, username: credentials.username, password: credentials.password)
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
