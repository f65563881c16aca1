import Options
import Signatures
import SystemPackage
import Testing

@testable import PluginConfiguration

@Suite struct SignatureConfigurationTests {
    private static let secret = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIBHd/t7mzKltjkQ9lQzE8kpiUo0q28FCql77wUl/zniD
        -----END PRIVATE KEY-----
        """
    private static let known = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAsVQol9KR8Cd68XPTFC3oSA1biLRcVAQ38ZqNo26MxV8=
        -----END PUBLIC KEY-----
        """
    private static let other = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoGFTxqUvmG8r0CGceraLPpGonas3
        4K1+O3wLHoOGN3spTH2HrkuBROGgb3qU5Y0ruy0FCkLws5eeEDcAnotVqQ==
        -----END PUBLIC KEY-----
        """

    private static func keys(
        _ given: [(OptionDefinition, String)],
        _ environment: [String: String] = [:],
        provider: String = "registry",
        files: [String: String] = [:]
    ) throws -> SignatureKeys {
        var values = OptionValues(origin: .pipeline)
        values.set(OptionTable.image, to: ["app"])
        values.set(OptionTable.provider, to: [provider])
        if provider == "registry" {
            values.set(try #require(OptionTable.all.first { $0.name == "registry.url" }), to: ["r.example"])
        }
        for (option, text) in given { values.set(option, to: values.list(option) + [text]) }
        let cache = try CacheConfiguration(values, environment: environment, stage: .inCheckout)
        return try cache.signatures.keys { path in
            if path == "locked.pem" { throw Errno.permissionDenied }
            guard let text = files[path] else { throw Errno.noSuchFileOrDirectory }
            return text
        }
    }

    @Test func keysAreInVariablesAndInFiles() throws {
        let expected = try SignaturePolicy([VerifyingKey.all(pem: Self.known)])
        let byVariable = try Self.keys(
            [(OptionTable.signKey, "$SIGN"), (OptionTable.verifyKey, "$VERIFY")],
            ["SIGN": Self.secret, "VERIFY": Self.known]
        )
        #expect(byVariable.signing?.publicKey == (try VerifyingKey.all(pem: Self.known)[0]))
        #expect(byVariable.policy == expected)
        let byFile = try Self.keys(
            [(OptionTable.signKey, "/secret.pem"), (OptionTable.verifyKey, "$VERIFY")],
            ["VERIFY": "keys/known.pem"],
            files: ["/secret.pem": Self.secret, "keys/known.pem": Self.known]
        )
        #expect(byFile.policy == expected && byFile.signing != nil)
        #expect(try Self.keys([(OptionTable.verifyKey, Self.known)]).policy == expected)
        // The agent passes a multi-line string in this form.
        let lines = (Self.known + "\n" + Self.other).split(separator: "\n").map { (OptionTable.verifyKey, String($0)) }
        let both = try VerifyingKey.all(pem: Self.known) + VerifyingKey.all(pem: Self.other)
        #expect(try Self.keys(lines).policy == SignaturePolicy([both]))
        let none = try Self.keys([])
        #expect(none.signing == nil && none.policy == nil)
    }

    @Test func theOwnerDecidesWhoseSignaturesCountAndOptionsNarrowIt() throws {
        let (one, two) = (try VerifyingKey.all(pem: Self.known), try VerifyingKey.all(pem: Self.other))
        let owners = ["DOCKER_CACHE_VERIFY_KEY": Self.known]
        #expect(try Self.keys([], owners).policy == SignaturePolicy([one]))
        #expect(try Self.keys([(OptionTable.verifyKey, Self.other)], owners).policy == SignaturePolicy([one, two]))
        // Without a registry, no image comes from another machine.
        #expect(try Self.keys([], owners, provider: "local").policy == nil)
    }

    @Test(arguments: [
        ["BUILDKITE_BRANCH": "evil"],
        [
            "BUILDKITE_BRANCH": "main", "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "https://example.com/a.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://example.com/b.git",
        ],
    ])
    func aBuildThatSignsNothingNeedsNoKey(environment: [String: String]) throws {
        let keys = try Self.keys([(OptionTable.signKey, "$SIGN"), (OptionTable.trustedBranches, "main")], environment)
        #expect(keys.signing == nil)
    }

    @Test(
        arguments: [
            ([(OptionTable.signKey, "$SIGN")], [:], "SIGN, which is not set"),
            (
                [(OptionTable.signKey, "missing.pem")], [:],
                "The option sign-key is \"missing.pem\": there is no such file. It was looked for in "
            ),
            (
                [(OptionTable.verifyKey, "/missing.pem")], [:],
                "there is no such file. Name a PEM file that this user can read."
            ),
            (
                [(OptionTable.verifyKey, "locked.pem")], [:],
                "the file cannot be read: Permission denied. Let this user read it."
            ),
            (
                [(OptionTable.signKey, "hunter2")], [:],
                "The option sign-key is neither a PEM key, which begins with -----BEGIN, nor the path of a readable"
            ),
            ([(OptionTable.signKey, secret)], [:], "Put it into a secret"),
            ([(OptionTable.signKey, "$SIGN")], ["SIGN": "-----BEGIN X-----\nhunter2"], "not a key in PEM"),
            ([(OptionTable.signKey, "$SIGN")], ["SIGN": "hunter2"], "nor the path of a readable file"),
            ([(OptionTable.verifyKey, "$VERIFY")], ["VERIFY": secret], "expected a PUBLIC KEY"),
            ([], ["DOCKER_CACHE_VERIFY_KEY": ""], "expected a public key in PEM"),
            ([], ["DOCKER_CACHE_VERIFY_KEY": "keys/known.pem"], "the absolute path of a file with keys"),
            ([], ["DOCKER_CACHE_VERIFY_KEY": "/missing.pem"], "The variable DOCKER_CACHE_VERIFY_KEY of this agent"),
        ] as [([(OptionDefinition, String)], [String: String], String)]
    )
    func aKeyThatCannotBeUsedStopsTheStepAndIsNotShown(
        given: [(OptionDefinition, String)],
        environment: [String: String],
        words: String
    ) throws {
        let error = #expect(throws: OptionError.self) { try Self.keys(given, environment) }
        let text = error?.description ?? ""
        #expect(text.contains(words), "\(text)")
        #expect(!text.contains("hunter2") && !text.contains("MC4CAQ"))
    }

    /// Without its key, the build trusts no signature.
    @Test func aForkWithoutTheKeyGoesOnAndTrustsNoSignature() throws {
        var values = OptionValues(origin: .pipeline)
        values.set(OptionTable.image, to: ["app"])
        values.set(OptionTable.provider, to: ["registry"])
        values.set(try #require(OptionTable.all.first { $0.name == "registry.url" }), to: ["r.example"])
        values.set(OptionTable.verifyKey, to: ["$VERIFY"])
        let fork = [
            "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "https://example.com/a.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://example.com/b.git",
        ]
        let cache = try CacheConfiguration(values, environment: fork, stage: .inCheckout)
        #expect(cache.missingSecret == .variableNotSet(option: "verify-key", variable: "VERIFY"))
        #expect(try cache.signatures.keys { _ in "" }.policy == SignaturePolicy([[]]))
        #expect(throws: OptionError.self) {
            try CacheConfiguration(values, environment: [:], stage: .inCheckout)
        }
    }

    @Test(arguments: [OptionTable.signKey, OptionTable.verifyKey])
    func withoutARegistryThereIsNowhereToKeepThem(option: OptionDefinition) throws {
        let error = #expect(throws: OptionError.self) { try Self.keys([(option, Self.known)], provider: "local") }
        #expect(error?.description.contains("cannot store signatures") == true)
    }
}
