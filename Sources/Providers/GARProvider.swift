package import Images
package import Options

/// Google Artifact Registry.
package struct GARProvider: Provider {
    package static let name = "gar"
    package static let title = "Google Artifact Registry"

    package static let project = OptionDefinition(
        "gar.project",
        .text,
        "Project in Google Cloud. Required for the provider gar"
    )
    package static let region = OptionDefinition(
        "gar.region",
        .text,
        default: "us",
        "Location of the repository: us, europe, asia, a region such as europe-west3, or the registry host"
    )
    package static let repositoryOption = OptionDefinition(
        "gar.repository",
        .text,
        "Artifact Registry repository. Default: the image name, with hyphens for slashes"
    )

    package static let options = [project, region, repositoryOption]

    private var target: RepositoryName
    private let image: RepositoryName
    private let projectName: String
    /// The location of the repository, such as `europe-west3`.
    private let location: String
    private var repositoryID: String
    /// Whether the repository is named after its host, as with the former hosts of Container Registry.
    private let isNamedAfterHost: Bool
    private let host: String

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        self.image = image
        projectName = try Self.project(options, environment)
        let place = try Self.place(options, environment)
        (host, location, isNamedAfterHost) = (place.host, place.location, place.isNamedAfterHost)
        let given = try options.place(Self.repositoryOption, environment: environment, standIn: "unknown")
        let repositoryID =
            place.isNamedAfterHost ? place.host : given ?? String(image.path.map { $0 == "/" ? "-" : $0 })
        if !place.isNamedAfterHost { try Self.check(repositoryID, options) }
        self.repositoryID = repositoryID
        // A project that belongs to a domain is written with a colon, but with a slash in image names.
        let project = String(projectName.map { $0 == ":" ? "/" : $0 })
        target = try RegistryAddress.repository(
            host: place.host,
            [project, place.isNamedAfterHost ? given : repositoryID, image.path],
            options: options,
            blaming: Self.repositoryOption
        )
    }

    /// https://cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30 characters. Old projects have
    /// a domain as a prefix.
    private static func project(
        _ options: OptionValues,
        _ environment: [String: String]?
    ) throws(OptionError) -> String {
        let text = try options.requiredPlace(project, environment: environment, standIn: "unknown")
        let name = text.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let isWellFormed =
            (4...63).contains(name.utf8.count) && name.first?.isLowercase == true
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
        guard isWellFormed else {
            throw .invalid(
                option: options.displayName(project),
                value: try options.shownPlace(project),
                reason:
                    "expected the id of a project: lower-case letters, digits and hyphens, beginning with a letter."
            )
        }
        return text
    }

    private static func place(
        _ options: OptionValues,
        _ environment: [String: String]?
    ) throws(OptionError) -> (host: String, location: String, isNamedAfterHost: Bool) {
        let text = try options.requiredPlace(region, environment: environment, standIn: "us")
        let suffix = "-docker.pkg.dev"
        if text.hasSuffix(suffix), isLocation(String(text.dropLast(suffix.count))) {
            return (text, String(text.dropLast(suffix.count)), false)
        }
        // Container Registry was shut down. Its hosts are now Artifact Registry repositories of the same name.
        let formerLocations = ["gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"]
        if let location = formerLocations[text] { return (text, location, true) }
        guard isLocation(text) else {
            throw .invalid(
                option: options.displayName(region),
                value: try options.shownPlace(region),
                reason: "expected us, europe, asia, a region such as europe-west3, a host such as "
                    + "europe-west3-docker.pkg.dev, and gcr.io with us., eu. or asia. before it."
            )
        }
        return ("\(text)\(suffix)", text, false)
    }

    private static func isLocation(_ text: String) -> Bool {
        if ["us", "europe", "asia"].contains(text) { return true }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty }
            && parts.last?.last?.isNumber == true
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// Replaces the Artifact Registry repository, because permissions are granted on that level.
    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> GARProvider {
        guard !isNamedAfterHost else {
            throw choice.invalid(
                host,
                "\(host) is a single repository in Artifact Registry, which has one set of rights. To tell trusted and "
                    + "untrusted builds apart, let gar.region be \(location)."
            )
        }
        var other = self
        other.repositoryID = try choice.word(besides: repositoryID)
        guard Self.isRepositoryID(other.repositoryID) else { throw choice.invalid(other.repositoryID, Self.rule) }
        let project = String(projectName.map { $0 == ":" ? "/" : $0 })
        do {
            other.target = try RepositoryName(host: host, path: "\(project)/\(other.repositoryID)/\(image.path)")
        } catch {
            throw choice.invalid(other.repositoryID, "\(error).")
        }
        return other
    }

    private static func check(_ repository: String, _ options: OptionValues) throws(OptionError) {
        guard isRepositoryID(repository) else {
            throw .invalid(option: options.displayName(repositoryOption), value: repository, reason: rule)
        }
    }

    private static let rule =
        "the name of a repository in Artifact Registry has lower-case letters, digits and hyphens, begins with a "
        + "letter, and has 63 characters at most."

    private static func isRepositoryID(_ text: String) -> Bool {
        text.utf8.count <= 63 && text.utf8.first.map { (0x61...0x7A).contains($0) } == true && !text.hasSuffix("-")
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    package var nameWithPermissions: String? { repositoryID }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { target }

    package static let loginWays: [LoginWay] = [.docker, .api, .tool]

    package static let toolHasOwnAccount = true

    package static let toolName = "gcloud"

    package func loginIdentity(_ tools: ProviderTools) -> String? {
        let names = ["GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST", "CLOUDSDK_CONFIG", "CLOUDSDK_CORE_ACCOUNT"]
        return "gar \(tools.identity(by: names))"
    }

    package func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        let task = Self.task("log Docker in to \(host)", nil)
        if way == .api {
            do throws(CloudError) {
                let found = try await GoogleToken.find(tools.cloud)
                // https://cloud.google.com/artifact-registry/docs/docker/authentication#token
                return .password(
                    username: "oauth2accesstoken",
                    password: found.token,
                    lifetime: found.lifetime,
                    origin: found.words
                )
            } catch {
                throw task.failed(error)
            }
        }
        _ = try await tools.run("gcloud", ["auth", "configure-docker", host, "--quiet"], for: task)
        // gcloud exits with 0 even for a host that it does not know.
        guard tools.dockerEntry(for: host) == .helper else {
            throw .unexpectedAnswer(
                command: "gcloud auth configure-docker \(host) --quiet",
                problem: "it left no entry for \(host) in Docker's configuration; check the option gar.region"
            )
        }
        return .helper
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        let task = Self.task(
            "make the repository \(repositoryID) in Artifact Registry",
            "artifactregistry.repositories.create"
        )
        return try await tools.directly(for: task, isSameAccount: false) { () throws(CloudError) in
            let account = try await GoogleToken.find(tools.cloud)
            return try await ArtifactRegistry(token: account.token, session: tools.cloud)
                .createRepository(repositoryID, project: projectName, location: location)
        } tool: { () throws(ProviderError) in
            try await createRepository(task, tools)
        }
    }

    /// Creates the repository with the gcloud command line.
    private func createRepository(
        _ task: ProviderTools.Task,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        let place = ["--location=\(location)", "--project=\(projectName)", "--quiet"]
        let described = try await tools.answer(
            "gcloud",
            ["artifacts", "repositories", "describe", repositoryID] + place,
            for: task
        )
        if described.status == 0 { return false }
        let arguments =
            ["artifacts", "repositories", "create", repositoryID, "--repository-format=docker"] + place
        let created = try await tools.answer("gcloud", arguments, for: task)
        // Another agent created it first.
        if created.status == 0 || created.errorText.contains("ALREADY_EXISTS") { return true }
        throw .toolFailed(
            command: "gcloud \(arguments.joined(separator: " "))",
            status: created.status,
            message: created.errorText,
            advice: task.advice(created.errorText)
        )
    }

    private static func task(_ purpose: String, _ permission: String?) -> ProviderTools.Task {
        ProviderTools.Task(
            purpose: purpose,
            installation:
                "Give this agent an account (a service account of the instance, or GOOGLE_APPLICATION_CREDENTIALS), or "
                + "install the Google Cloud command line (https://cloud.google.com/sdk) on it."
        ) { message in
            if message.contains("PERMISSION_DENIED") {
                return permission.map { "Allow this account \($0), or make the repository yourself." }
            }
            if message.contains("gcloud auth login") || message.contains("do not currently have an active account") {
                return
                    "Give this agent an account: `gcloud auth activate-service-account --key-file=FILE`, or workload "
                    + "identity federation."
            }
            return nil
        }
    }
}
