import Images
import Providers
import Registry
import Testing

@testable import Doctor
@testable import Lookup

@Suite struct RegistryFindingTests {
    private static func repository() throws -> RepositoryName { try RepositoryName(host: "r.example.com", path: "app") }

    private static func error(_ reason: RegistryError.Reason) -> RegistryError {
        RegistryError(reason, host: "r.example.com", request: "POST /v2/app/blobs/uploads/", words: "it is so")
    }

    private static let clocks: [(ahead: Int64, Finding)] = [
        (0, .ok("the registry's and this machine's agree")),
        (1_999, .ok("the registry's and this machine's agree")),
        (-1_999, .ok("the registry's and this machine's agree")),
        (2_000, .ok("this machine's is 2.00 s ahead of the registry's")),
        (-300_000, .ok("this machine's is 5 min 0 s behind the registry's")),
        (300_001, warning("this machine's is 5 min 0 s ahead of the registry's")),
        (-86_400_000, warning("this machine's is 24 h 0 min behind the registry's")),
    ]

    private static func warning(_ text: String) -> Finding {
        .warning(
            text,
            advice: "Set this machine's clock (NTP): the ages of images and of tokens are wrong as long as it is off."
        )
    }

    @Test(arguments: clocks.indices)
    func clocksMayDifferByFiveMinutes(position: Int) {
        let (ahead, expected) = Self.clocks[position]
        let there: Int64 = 1_800_000_000_000
        #expect(ClockFinding.judge(here: there + ahead, there: there) == expected)
    }

    @Test func aRegistryThatDoesNotTellTheTimeIsNotJudged() {
        #expect(ClockFinding.judge(here: 0, there: nil).status == .skipped)
    }

    private static let trials: [(Result<UploadTrial, RegistryError>, Finding.Status)] = [
        (.success(.accepted), .ok), (.success(.acceptedForGood), .ok), (.success(.noRepository), .warning),
        (.failure(error(.forbidden)), .problem), (.failure(error(.unauthorised)), .problem),
        (.failure(error(.unsupported)), .problem), (.failure(error(.unreachable)), .problem),
    ]

    @Test(arguments: trials.indices)
    func whatATrialOfAnUploadMeans(position: Int) throws {
        let (trial, status) = Self.trials[position]
        #expect(RegistryFinding.write(trial, repository: try Self.repository()).status == status)
    }

    private static let trusts: [(isPlain: Bool, isInsecure: Bool, RegistryFinding.Listing, Finding.Status)] = [
        (false, false, .unlisted, .ok), (false, true, .listed, .ok), (true, true, .listed, .ok),
        (true, false, .listed, .ok), (false, true, .unlisted, .warning), (true, true, .unlisted, .problem),
        (true, false, .unlisted, .problem), (true, true, .uncertain, .warning),
    ]

    @Test(arguments: trusts.indices)
    func dockerHasToTrustARegistryToo(position: Int) {
        let (isPlain, isInsecure, listing, status) = Self.trusts[position]
        let host = "r.example.com"
        let finding = RegistryFinding.trust(host: host, isPlain: isPlain, isInsecure: isInsecure, listing)
        #expect(finding.status == status)
        #expect((finding.advice == nil) == (status == .ok))
    }

    @Test(
        arguments: [
            (true, ["r.example.com"], .listed), (false, [], .unlisted),
            (false, ["127.0.0.0/8", "localhost"], .unlisted),
            (false, ["127.0.0.0/8", "10.0.0.0/8"], .uncertain),
        ] as [(Bool, [String], RegistryFinding.Listing)]
    )
    func aRangeMayHoldTheAddressOfAName(isListed: Bool, registries: [String], expected: RegistryFinding.Listing) {
        #expect(RegistryFinding.Listing(isListed: isListed, among: registries) == expected)
    }

    @Test func aPasswordIsNotShown() throws {
        let login = ProviderLogin.password(username: "ci", password: "hunter2", lifetime: nil, origin: "the options")
        #expect(
            RegistryFinding.login(.success(login), entry: .none, refusal: nil)
                == .ok("there is a password for ci, from the options")
        )
        let refusal = RegistryError(.forbidden, host: "h", request: "GET /", words: "")
        #expect(
            RegistryFinding.login(.success(login), entry: .stored, refusal: refusal)
                == .ok("there is a password for ci, from the options; what Docker has is not accepted")
        )
        #expect(RegistryFinding.login(.success(.helper), entry: .helper, refusal: nil).status == .ok)
        #expect(
            RegistryFinding.login(.success(nil), entry: .stored, refusal: nil)
                == .ok("Docker's own, in its configuration")
        )
        #expect(
            RegistryFinding.login(.success(nil), entry: .helper, refusal: nil)
                == .ok("Docker's own, from a credential helper")
        )
        #expect(
            RegistryFinding.login(.success(nil), entry: .none, refusal: nil)
                == .ok("none: requests are sent without credentials")
        )
        let missing = ProviderError.toolMissing(tool: "aws", purpose: "log in", advice: "Install it.")
        #expect(
            RegistryFinding.login(.failure(missing), entry: .stored, refusal: nil)
                == .problem("There is no command aws on PATH, and it is needed to log in. Install it.")
        )
    }

    @Test func aProviderIsNamedWithItsRepository() throws {
        #expect(
            RegistryFinding.provider("registry", .success(try Self.repository())) == .ok("registry: r.example.com/app")
        )
        #expect(RegistryFinding.provider("local", .success(nil)).status == .ok)
        let unknown = ProviderError.unknown(what: "the AWS region", advice: "Set ecr.region.")
        #expect(
            RegistryFinding.provider("ecr", .failure(unknown))
                == .problem("ecr: Could not determine the AWS region. Set ecr.region.")
        )
    }
}
