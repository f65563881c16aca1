package import Images
package import Options
import SystemPackage

/// Amazon Elastic Container Registry, private or public.
package struct ECRProvider: Provider {
    package static let name = "ecr"
    package static let title = "Amazon ECR"

    package static let region = OptionDefinition(
        "ecr.region",
        .text,
        "AWS region, such as eu-central-1. Default: AWS_REGION, AWS_DEFAULT_REGION, the AWS configuration, or "
            + "the region of the instance"
    )
    package static let accountID = OptionDefinition(
        "ecr.account-id",
        .text,
        "AWS account of the registry, 12 digits. Default: the account of the credentials"
    )
    package static let registryURL = OptionDefinition(
        "ecr.registry-url",
        .text,
        "Registry host, instead of region and account. Also for FIPS, dual-stack and public.ecr.aws/ALIAS"
    )
    package static let lifecycleDays = OptionDefinition(
        "ecr.lifecycle-days",
        .number,
        "Days until ECR removes an image, counted from its push. Sets the repository's lifecycle policy"
    )

    package static let options = [region, accountID, registryURL, lifecycleDays]

    /// The path of the repository, without the registry's host and alias.
    private var path: String
    private let registry: ECRRegistry?
    let givenRegion: String?
    let givenAccount: String?
    private let days: Int?

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        path = image.path
        givenRegion = try Self.region(options, environment)
        givenAccount = try Self.account(options, environment)
        registry = try Self.registry(options, environment: environment)
        days = try Self.days(options)
        guard Self.isRepositoryName(path) else {
            throw .invalid(option: "image", value: path, reason: Self.repositoryRule)
        }
    }

    private static func isRepositoryName(_ path: String) -> Bool { (2...256).contains(path.utf8.count) }

    private static let repositoryRule = "the name of a repository in ECR has 2 to 256 characters."

    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> ECRProvider {
        var other = self
        other.path = try choice.path(besides: path)
        guard Self.isRepositoryName(other.path) else { throw choice.invalid(other.path, Self.repositoryRule) }
        return other
    }

    private static func region(
        _ options: OptionValues,
        _ environment: [String: String]?
    ) throws(OptionError) -> String? {
        guard let text = try options.place(region, environment: environment, standIn: "us-east-1") else { return nil }
        guard ECRRegistry.isRegion(text) else {
            throw .invalid(
                option: options.displayName(region),
                value: try options.shownPlace(region),
                reason: "expected the name of a region, such as eu-central-1, us-gov-west-1 or cn-north-1."
            )
        }
        return text
    }

    private static func account(
        _ options: OptionValues,
        _ environment: [String: String]?
    ) throws(OptionError) -> String? {
        guard let text = try options.place(accountID, environment: environment, standIn: "000000000000") else {
            return nil
        }
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .invalid(
                option: options.displayName(accountID),
                value: try options.shownPlace(accountID),
                reason: "expected the 12 digits of an account; quote them in YAML, or a leading 0 is lost."
            )
        }
        return text
    }

    private static func registry(
        _ options: OptionValues,
        environment: [String: String]?
    ) throws(OptionError) -> ECRRegistry? {
        let place = try options.place(registryURL, environment: environment, standIn: "public.ecr.aws")
        guard let text = place else { return nil }
        guard let registry = ECRRegistry(text.withoutScheme) else {
            throw .invalid(
                option: options.displayName(registryURL),
                value: try options.shownPlace(registryURL),
                reason: "expected the host of a registry, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com, "
                    + "or public.ecr.aws/ALIAS."
            )
        }
        for (option, own) in [(region, registry.region), (accountID, registry.account)] {
            // Values that are not known yet cannot be compared.
            guard environment != nil else { break }
            guard let given = try options.place(option, environment: environment, standIn: ""), given != own else {
                continue
            }
            throw .conflict(
                option: options.displayName(registryURL),
                with: options.displayName(option),
                reason: "the former says \(own ?? "nothing of it"), and the latter \(given)."
            )
        }
        return registry
    }

    private static func days(_ options: OptionValues) throws(OptionError) -> Int? {
        guard let number = try options.number(lifecycleDays) else { return nil }
        guard number == number.rounded(), (1...36_500).contains(number) else {
            throw .invalid(
                option: options.displayName(lifecycleDays),
                value: try options.text(lifecycleDays) ?? "",
                reason: "expected whole days, from 1 on."
            )
        }
        return Int(number)
    }

    package var nameWithPermissions: String? { path }

    package func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? {
        let registry: ECRRegistry
        if let given = self.registry {
            registry = given
        } else {
            let region = try await region(tools)
            registry = ECRRegistry(account: try await account(tools, region: region), region: region)
        }
        do {
            let full = [registry.alias, path].compactMap { $0 }.joined(separator: "/")
            return try RepositoryName(host: registry.host, path: full)
        } catch {
            throw .malformedName("\(registry.host)/\(path)", reason: "\(error)")
        }
    }

    package static let loginWays: [LoginWay] = [.docker, .api, .tool]

    package static let toolName = "aws"

    package func loginIdentity(_ tools: ProviderTools) -> String? { "ecr \(Self.identity(tools))" }

    package func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        let task = Self.task("log in to ECR", "ecr:GetAuthorizationToken")
        let registry = ECRRegistry(repository.host ?? "")
        if way == .api, let registry {
            do throws(CloudError) {
                let account = try await tools.cloud.amazonAccount(region: registry.region)
                let (password, lifetime) = try await account.registryPassword(for: registry)
                return .password(username: "AWS", password: password, lifetime: lifetime, origin: account.words)
            } catch {
                throw task.failed(error)
            }
        }
        var arguments = ["ecr", "get-login-password", "--region", registry?.region ?? ECRRegistry.publicRegion]
        if registry?.isPublic == true { arguments[0] = "ecr-public" }
        let password = try await tools.run("aws", arguments, for: task)
        guard !password.isEmpty, !password.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(command: "aws \(arguments.joined(separator: " "))", problem: "it is no password")
        }
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html: valid for 12 hours.
        return .password(
            username: "AWS",
            password: password,
            lifetime: .seconds(12 * 3600),
            origin: "what the command aws is configured with"
        )
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        guard let registry = ECRRegistry(repository.host ?? ""), !registry.isPublic else {
            throw .repositoryMissing(
                "\(repository)",
                advice:
                    "Make it with `aws ecr-public create-repository --repository-name \(path) "
                    + "--region \(ECRRegistry.publicRegion)`."
            )
        }
        let task = Self.task("make the repository \(repository.path) in ECR", "ecr:CreateRepository")
        return try await tools.directly(for: task, isSameAccount: true) { () throws(CloudError) in
            let account = try await tools.cloud.amazonAccount(region: registry.region)
            try await account.createRepository(repository.path, in: registry)
            return true
        } tool: { () throws(ProviderError) in
            try await Self.createRepository(repository, registry, task, tools)
        }
    }

    private static func createRepository(
        _ repository: RepositoryName,
        _ registry: ECRRegistry,
        _ task: ProviderTools.Task,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        let arguments = [
            "ecr", "create-repository", "--region", registry.region, "--repository-name", repository.path, "--output",
            "text",
        ]
        let answer = try await tools.answer("aws", arguments, for: task)
        if answer.status == 0 { return true }
        // Another agent created it first.
        if answer.errorText.contains("RepositoryAlreadyExistsException") { return true }
        throw .toolFailed(
            command: "aws \(arguments.joined(separator: " "))",
            status: answer.status,
            message: answer.errorText,
            advice: task.advice(answer.errorText)
        )
    }

    package func maintain(_ repository: RepositoryName, _ tools: ProviderTools) async throws(ProviderError) {
        guard let days, let registry = ECRRegistry(repository.host ?? ""), !registry.isPublic else { return }
        let task = Self.task("set the lifecycle policy of \(repository.path)", "ecr:PutLifecyclePolicy")
        let policy = Self.policy(days: days)
        try await tools.directly(for: task, isSameAccount: true) { () throws(CloudError) in
            let account = try await tools.cloud.amazonAccount(region: registry.region)
            try await account.putLifecyclePolicy(policy, of: repository.path, in: registry)
        } tool: { () throws(ProviderError) in
            let arguments = [
                "ecr", "put-lifecycle-policy", "--region", registry.region, "--repository-name", repository.path,
                "--lifecycle-policy-text", policy, "--output", "text",
            ]
            _ = try await tools.run("aws", arguments, for: task)
        }
    }

    /// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    static func policy(days: Int) -> String {
        """
        {"rules":[{"rulePriority":1,"description":"docker-cache: images older than \(days) days",\
        "selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":\(days)},\
        "action":{"type":"expire"}}]}
        """
    }
}
