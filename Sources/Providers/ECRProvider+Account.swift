/// The region and account where the options do not set them: from the environment, the API or the command line.
extension ECRProvider {
    func region(_ tools: ProviderTools) async throws(ProviderError) -> String {
        if let givenRegion { return givenRegion }
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let value = tools.environment[name], ECRRegistry.isRegion(value) { return value }
        }
        let profile = AWSProfile(environment: tools.environment, home: tools.home, read: tools.cloud.text)
        if let value = profile.value("region"), ECRRegistry.isRegion(value) { return value }
        return try await tools.remembered("ecr region \(Self.identity(tools))", hours: 12) { () throws(ProviderError) in
            guard let region = await tools.cloud.instanceRegion() else {
                throw .unknown(
                    what: "the AWS region",
                    advice: "Set the option ecr.region or the variable AWS_REGION."
                )
            }
            return region
        }
    }

    func account(_ tools: ProviderTools, region: String) async throws(ProviderError) -> String {
        if let givenAccount { return givenAccount }
        return try await tools.remembered("ecr account \(Self.identity(tools))", hours: 12) {
            () throws(ProviderError) in
            let task = Self.task("find out the account", nil)
            return try await tools.directly(for: task, isSameAccount: true) { () throws(CloudError) in
                try await tools.cloud.amazonAccount(region: region).number()
            } tool: { () throws(ProviderError) in
                let arguments = [
                    "sts", "get-caller-identity", "--region", region, "--query", "Account", "--output", "text",
                ]
                let answer = try await tools.run("aws", arguments, for: task)
                guard answer.utf8.count == 12, answer.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw .unexpectedAnswer(command: "aws sts get-caller-identity", problem: "it is not an account")
                }
                return answer
            }
        }
    }

    static func identity(_ tools: ProviderTools) -> String {
        tools.identity(by: [
            "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_STS",
        ])
    }

    static func task(_ purpose: String, _ permission: String?) -> ProviderTools.Task {
        ProviderTools.Task(
            purpose: purpose,
            installation:
                "Give this agent AWS credentials (a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or "
                + "install the AWS command line (https://aws.amazon.com/cli/) on it."
        ) { message in
            let isWithout = ["Unable to locate credentials", "ExpiredToken", "there are no keys in the environment"]
            if isWithout.contains(where: message.contains) {
                return "Give this agent AWS credentials: a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            }
            if message.contains("AccessDenied") || message.contains("not authorized to perform") {
                return permission.map { "Allow these credentials \($0)." }
            }
            if message.contains("Could not connect to the endpoint") || message.contains("could not be reached") {
                return "Check the region, and that this agent reaches AWS."
            }
            if ["InvalidSignature", "SignatureDoesNotMatch", "RequestExpired"].contains(where: message.contains) {
                return "Check the secret key, and this machine's clock."
            }
            return nil
        }
    }
}
