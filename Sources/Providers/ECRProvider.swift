import Crypto
package import Images
package import Options
import SystemPackage

/// Amazon Elastic Container Registry, private or public.
package struct ECRProvider: Provider {
    package static let name = "ecr"

    package static let region = OptionDefinition(
        "ecr.region",
        .text,
        "The region, such as eu-central-1; if not given, that of AWS_REGION, AWS_DEFAULT_REGION or the AWS "
            + "configuration"
    )
    package static let accountID = OptionDefinition(
        "ecr.account-id",
        .text,
        "The account that the registry belongs to, 12 digits; if not given, that of the credentials"
    )
    package static let registryURL = OptionDefinition(
        "ecr.registry-url",
        .text,
        "The registry's host, in place of region and account: also for FIPS, dual-stack and public.ecr.aws/ALIAS"
    )
    package static let lifecycleDays = OptionDefinition(
        "ecr.lifecycle-days",
        .number,
        "How many days after its push an image is removed: sets the repository's lifecycle policy"
    )

    package static let options = [region, accountID, registryURL, lifecycleDays]

    private let image: RepositoryName
    private let registry: ECRRegistry?
    private let givenRegion: String?
    private let givenAccount: String?
    private let days: Int?

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        self.image = image
        givenRegion = try Self.region(options, environment)
        givenAccount = try Self.account(options, environment)
        registry = try Self.registry(options, environment: environment)
        days = try Self.days(options)
        guard (2...256).contains(image.path.utf8.count) else {
            throw .invalid(
                option: "image",
                value: image.path,
                reason: "the name of a repository in ECR has 2 to 256 characters."
            )
        }
    }

    private static func region(
        _ options: OptionValues,
        _ environment: [String: String]?
    ) throws(OptionError) -> String? {
        guard let text = try options.place(region, environment: environment, standIn: "us-east-1") else { return nil }
        guard ECRRegistry.isRegion(text) else {
            throw .invalid(
                option: options.displayName(region),
                value: text,
                reason: "allowed is the name of a region, such as eu-central-1, us-gov-west-1 or cn-north-1."
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
                value: text,
                reason: "allowed are the 12 digits of an account; quote them in YAML, or a leading 0 is lost."
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
                value: text,
                reason: "allowed is the host of a registry, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com, "
                    + "or public.ecr.aws/ALIAS."
            )
        }
        for (option, own) in [(region, registry.region), (accountID, registry.account)] {
            // Of two that are not known yet nobody can say whether they agree.
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
                reason: "allowed are whole days, from 1 on."
            )
        }
        return Int(number)
    }

    package func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? {
        let registry: ECRRegistry
        if let given = self.registry {
            registry = given
        } else {
            let region = try await region(tools)
            registry = ECRRegistry(account: try await account(tools, region: region), region: region)
        }
        do {
            let path = [registry.alias, image.path].compactMap { $0 }.joined(separator: "/")
            return try RepositoryName(host: registry.host, path: path)
        } catch {
            throw .malformedName("\(registry.host)/\(image.path)", reason: "\(error)")
        }
    }

    package func loginIdentity(_ tools: ProviderTools) -> String? { "ecr \(Self.identity(tools))" }

    package func login(
        to repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        let registry = ECRRegistry(repository.host ?? "")
        var arguments = ["ecr", "get-login-password", "--region", registry?.region ?? ECRRegistry.publicRegion]
        if registry?.isPublic == true { arguments[0] = "ecr-public" }
        let password = try await tools.run(
            "aws",
            arguments,
            for: Self.task("log in to ECR", "ecr:GetAuthorizationToken")
        )
        guard !password.isEmpty, !password.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(command: "aws \(arguments.joined(separator: " "))", problem: "it is no password")
        }
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html: valid for 12 hours.
        return .password(username: "AWS", password: password, lifetime: .seconds(12 * 3600))
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        guard let registry = ECRRegistry(repository.host ?? ""), !registry.isPublic else {
            throw .repositoryMissing(
                "\(repository)",
                advice:
                    "Make it with `aws ecr-public create-repository --repository-name \(image.path) "
                    + "--region \(ECRRegistry.publicRegion)`."
            )
        }
        let arguments = [
            "ecr", "create-repository", "--region", registry.region, "--repository-name", repository.path, "--output",
            "text",
        ]
        let task = Self.task("make the repository \(repository.path) in ECR", "ecr:CreateRepository")
        let answer = try await tools.answer("aws", arguments, for: task)
        if answer.status == 0 { return true }
        // Another agent was faster.
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
        _ = try await tools.run(
            "aws",
            [
                "ecr", "put-lifecycle-policy", "--region", registry.region, "--repository-name", repository.path,
                "--lifecycle-policy-text", Self.policy(days: days), "--output", "text",
            ],
            for: Self.task("set the lifecycle policy of \(repository.path)", "ecr:PutLifecyclePolicy")
        )
    }

    /// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    static func policy(days: Int) -> String {
        """
        {"rules":[{"rulePriority":1,"description":"docker-cache: images older than \(days) days",\
        "selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":\(days)},\
        "action":{"type":"expire"}}]}
        """
    }

    // MARK: What the options do not say

    private func region(_ tools: ProviderTools) async throws(ProviderError) -> String {
        if let givenRegion { return givenRegion }
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let value = tools.environment[name], ECRRegistry.isRegion(value) { return value }
        }
        return try await tools.remembered("ecr region \(Self.identity(tools))", hours: 12) { () throws(ProviderError) in
            let answer = try await tools.answer(
                "aws",
                ["configure", "get", "region"],
                for: Self.task("find out the region", nil)
            )
            guard answer.status == 0, ECRRegistry.isRegion(answer.text) else {
                throw .unknown(
                    what: "which region of AWS is meant",
                    advice: "Give the option ecr.region, or set AWS_REGION."
                )
            }
            return answer.text
        }
    }

    private func account(_ tools: ProviderTools, region: String) async throws(ProviderError) -> String {
        if let givenAccount { return givenAccount }
        return try await tools.remembered("ecr account \(Self.identity(tools))", hours: 12) {
            () throws(ProviderError) in
            let arguments = [
                "sts", "get-caller-identity", "--region", region, "--query", "Account", "--output", "text",
            ]
            let answer = try await tools.run("aws", arguments, for: Self.task("find out the account", nil))
            guard answer.utf8.count == 12, answer.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .unexpectedAnswer(command: "aws sts get-caller-identity", problem: "it is no account")
            }
            return answer
        }
    }

    /// Tells one set of AWS credentials from another, by where they come from, in 16 hex digits.
    private static func identity(_ tools: ProviderTools) -> String {
        let names = [
            "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL",
        ]
        let text = names.map { "\($0)=\(tools.environment[$0] ?? "")" }.joined(separator: "\n")
        let digest = SHA256.hash(data: Array("\(text)\n\(tools.home?.string ?? "")".utf8))
        return digest.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    private static func task(_ purpose: String, _ permission: String?) -> ProviderTools.Task {
        ProviderTools.Task(
            purpose: purpose,
            installation: "Install the AWS command line (https://aws.amazon.com/cli/) on this agent."
        ) { message in
            if message.contains("Unable to locate credentials") || message.contains("ExpiredToken") {
                return "Give this agent AWS credentials: a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            }
            if message.contains("AccessDenied") || message.contains("not authorized to perform") {
                return permission.map { "Allow these credentials \($0)." }
            }
            if message.contains("Could not connect to the endpoint") {
                return "Check the region, and that this agent reaches AWS."
            }
            return nil
        }
    }
}
