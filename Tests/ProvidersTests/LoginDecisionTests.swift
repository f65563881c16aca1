import Images
import Registry
import Testing

@testable import Providers

@Suite struct LoginDecisionTests {
    private static let ways: [LoginWay] = [.docker, .api, .tool]
    private static let mine = RememberedLogin(identity: "me", endsAt: 100_000)
    private static let anothers = RememberedLogin(identity: "you", endsAt: 100_000)
    private static let ended = RememberedLogin(identity: "me", endsAt: 50_000)

    @Test(
        arguments: [
            (nil, .none, [], .make([.api, .tool])),
            (nil, .stored, [], .make([.docker, .api, .tool])),
            (nil, .helper, [], .make([.docker, .api, .tool])),
            (mine, .stored, [], .keep(endsAt: 100_000)),
            (mine, .helper, [], .keep(endsAt: 100_000)),
            // The user has logged out.
            (mine, .none, [], .make([.api, .tool])),
            // The stored login is our own.
            (ended, .stored, [], .make([.api, .tool])),
            (anothers, .stored, [], .make([.api, .tool])),
            // A helper has fresh credentials.
            (ended, .helper, [], .make([.docker, .api, .tool])),
            (nil, .stored, [.docker], .make([.api, .tool])),
            (nil, .helper, [.docker], .make([.api, .tool])),
            (mine, .stored, [.docker], .make([.api, .tool])),
            (nil, .stored, [.docker, .api], .make([.tool])),
        ] as [(RememberedLogin?, DockerEntry, Set<LoginWay>, LoginDecision)]
    )
    func theFirstLoginThatMayDoIsUsed(
        remembered: RememberedLogin?,
        entry: DockerEntry,
        refused: Set<LoginWay>,
        decision: LoginDecision
    ) {
        let found = LoginDecision.decide(
            ways: Self.ways,
            remembered: remembered,
            identity: "me",
            entry: entry,
            refused: refused,
            now: 20_001
        )
        #expect(found == decision)
    }

    /// ECR answers an expired password with 403, and other registries with 401.
    @Test func anotherLoginIsTriedWhereThisOneIsTheReason() {
        let reasons: [RegistryError.Reason] = [
            .notFound, .unauthorised, .forbidden, .immutableTag, .rateLimited, .unreachable, .serverFailed,
            .notARegistry, .invalidContent, .unsupported, .refused, .credentialsUnavailable, .cancelled,
        ]
        let found = reasons.filter { RegistryError($0, host: "h", request: "GET /", words: "").isOfLogin }
        #expect(found == [.unauthorised, .forbidden, .credentialsUnavailable])
    }

    /// The user in the options takes precedence over Docker's login.
    @Test func theOptionsOwnUserComesFirst() {
        let found = LoginDecision.decide(
            ways: [.options],
            remembered: nil,
            identity: "me",
            entry: .stored,
            refused: [],
            now: 0
        )
        #expect(found == .make([.options]))
    }

    @Test func ofAllThatFailedOneMessageTells() async throws {
        let provider = try ECRProvider(image: RepositoryName("app"), options: .given([]), environment: [:])
        let repository = try RepositoryName("123456789012.dkr.ecr.eu-central-1.amazonaws.com/app")
        let tools = ProviderTools.forTests(environment: ["AWS_EC2_METADATA_DISABLED": "true"])
        let error = await #expect(throws: ProviderError.self) {
            try await tools.firstLogin(of: provider, to: repository, by: [.api, .tool])
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("No way was found to log in to 123456789012.dkr.ecr.eu-central-1.amazonaws.com. "))
        for words in [
            "By the cloud's API: ", "no keys in the environment", "no command aws on PATH", "Give this agent",
        ] {
            #expect(text.contains(words), "\(text)")
        }
    }
}
