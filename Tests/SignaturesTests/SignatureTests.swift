import Images
import Testing

@testable import Signatures

@Suite struct SignatureTests {
    /// Made with `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`, only for these tests.
    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIBHd/t7mzKltjkQ9lQzE8kpiUo0q28FCql77wUl/zniD
        -----END PRIVATE KEY-----
        """
    static let ed25519Public = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAsVQol9KR8Cd68XPTFC3oSA1biLRcVAQ38ZqNo26MxV8=
        -----END PUBLIC KEY-----
        """
    /// Made with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    static let p256 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn/wihq6eWv9JTF/x
        +xoQ5bxQPLBSUN3H+bRDRLCI5V6hRANCAASgYVPGpS+YbyvQIZx6tos+kaidqzfg
        rX47fAseg4Y3eylMfYeuS4FE4aBvepTljSu7LQUKQvCzl54QNwCei1Wp
        -----END PRIVATE KEY-----
        """
    static let p256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoGFTxqUvmG8r0CGceraLPpGonas3
        4K1+O3wLHoOGN3spTH2HrkuBROGgb3qU5Y0ruy0FCkLws5eeEDcAnotVqQ==
        -----END PUBLIC KEY-----
        """
    /// Made with `openssl ecparam -name prime256v1 -genkey`, which writes a different format.
    static let sec1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIDNgo11DmFqNaxEzh9rQipgZLuQk2nWgBJeWR8xwp5DyoAoGCCqGSM49
        AwEHoUQDQgAEiDyqcOTKRQ360ASMFNrqJPSg4NxVnLHNmS5cfeYwwMz4PU3pRKO8
        Vg4oIvBTPGoSB0p4Mds5dOaUsWQSja798g==
        -----END EC PRIVATE KEY-----
        """
    /// A signature of "message" by the key ``p256``, made with `openssl dgst -sha256 -sign`.
    static let p256Signature =
        "MEUCIQD1feTR56hLq/uKaMQQ3zHUs1N9k28ylqXASkSR+2XcpwIgTf3uT9q+"
        + "jpytUnIzaRqStFNCuI1U4LAkArJ7nI2uJUw="
    /// A signature of "message" by the key ``ed25519``, made with `openssl pkeyutl -sign -rawin`.
    static let ed25519Signature =
        "SSYhvnsUlMayNx9Hh3IuT6O2TjseWLC9e32U2sLrfH58GIIDXpWvaC9BQAy+"
        + "LaibcQuS50W9dDrWtJVQuu38Bw=="

    static let statement = ImageStatement(
        repository: "registry.example/team/app",
        digest: Digest(of: "image".utf8),
        image: "app",
        tag: "cache",
        key: String(repeating: "a", count: 40),
        platform: "linux/amd64",
        builtAt: 1_795_459_500_000
    )

    @Test(arguments: [(ed25519, ed25519Public), (p256, p256Public)])
    func whatAKeySignsItsPublicHalfVerifies(secret: String, known: String) throws {
        let key = try SigningKey(pem: secret)
        #expect(try VerifyingKey.all(pem: known) == [key.publicKey])
        let envelope = try Self.statement.signed(by: key)
        let policy = try #require(SignaturePolicy([[key.publicKey]]))
        let read = try policy.statement(in: envelope.bytes) { Self.statement.difference(from: $0) }
        #expect(read == Self.statement)
    }

    @Test(arguments: [(p256Public, p256Signature), (ed25519Public, ed25519Signature)])
    func whatOpenSSLSignsIsVerified(known: String, signature: String) throws {
        let key = try VerifyingKey.all(pem: known)[0]
        let bytes = try #require(Self.bytes(signature))
        #expect(key.isValid(bytes, of: Array("message".utf8)))
        #expect(!key.isValid(bytes, of: Array("massage".utf8)))
        #expect(!key.isValid([], of: Array("message".utf8)))
    }

    private static func bytes(_ base64: String) -> [UInt8]? {
        PEMBlock.all(in: "-----BEGIN X-----\n\(base64)\n-----END X-----")?.first?.bytes
    }

    @Test func theOlderFormOfAPrivateKeyIsRead() throws {
        #expect(throws: Never.self) { try SigningKey(pem: Self.sec1) }
    }

    @Test(
        arguments: [
            ("", KeyError.notPEM), ("hunter2", .notPEM), ("-----BEGIN PRIVATE KEY-----\nAA==", .notPEM),
            (ed25519Public, .wrongKind(label: "PUBLIC KEY", expected: "PRIVATE KEY")),
            (
                "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----",
                .encrypted
            ),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", .unsupported),
        ] as [(String, KeyError)]
    )
    func aPrivateKeyThatCannotBeUsedIsSaid(text: String, error: KeyError) {
        #expect(throws: error) { try SigningKey(pem: text) }
    }

    @Test func publicKeysCanBeSeveral() throws {
        let keys = try VerifyingKey.all(pem: "# old\n\(Self.ed25519Public)\n# new\n\(Self.p256Public)\n")
        #expect(keys.count == 2)
        #expect(throws: KeyError.empty) { try VerifyingKey.all(pem: " \n") }
        #expect(throws: KeyError.notPEM) { try VerifyingKey.all(pem: "ssh-ed25519 AAAA") }
        #expect(throws: KeyError.wrongKind(label: "PRIVATE KEY", expected: "PUBLIC KEY")) {
            try VerifyingKey.all(pem: Self.ed25519)
        }
    }

    @Test func onlySignaturesOfTheKeysThatCountDo() throws {
        let (one, other) = (try SigningKey(pem: Self.ed25519), try SigningKey(pem: Self.p256))
        let envelope = try Self.statement.signed(by: one).bytes
        func verified(_ lists: [[VerifyingKey]]) -> UnverifiedImage? {
            guard let policy = SignaturePolicy(lists) else { return nil }
            do throws(UnverifiedImage) {
                _ = try policy.statement(in: envelope) { Self.statement.difference(from: $0) }
                return nil
            } catch {
                return error
            }
        }
        #expect(verified([[one.publicKey]]) == nil)
        #expect(verified([[other.publicKey, one.publicKey]]) == nil)
        #expect(verified([[other.publicKey]]) == .otherSigner)
        // The options narrow what the owner allows.
        #expect(verified([[one.publicKey], [one.publicKey]]) == nil)
        #expect(verified([[one.publicKey], [other.publicKey]]) == .otherSigner)
        #expect(SignaturePolicy([]) == nil)
        #expect(verified([[]]) == .otherSigner)
    }

    @Test func aSignatureIsGoodForOneImageAlone() throws {
        let key = try SigningKey(pem: Self.ed25519)
        let policy = try #require(SignaturePolicy([[key.publicKey]]))
        let envelope = try Self.statement.signed(by: key).bytes
        let changes: [(WritableKeyPath<ImageStatement, String>, String)] = [
            (\.repository, "another repository"), (\.image, "another image"), (\.tag, "another tag prefix"),
            (\.key, "another key"), (\.platform, "another platform"),
        ]
        for (path, words) in changes {
            var wanted = Self.statement
            wanted[keyPath: path] = "other"
            let error = #expect(throws: UnverifiedImage.self) {
                try policy.statement(in: envelope) { wanted.difference(from: $0) }
            }
            #expect("\(error.map { "\($0)" } ?? "")".contains(words))
        }
        var wanted = Self.statement
        wanted.digest = Digest(of: "other".utf8)
        #expect(throws: UnverifiedImage.otherImage("another digest")) {
            try policy.statement(in: envelope) { wanted.difference(from: $0) }
        }
    }

    @Test func whatIsChangedAfterwardsIsNotSigned() throws {
        let key = try SigningKey(pem: Self.ed25519)
        let policy = try #require(SignaturePolicy([[key.publicKey]]))
        let envelope = try Self.statement.signed(by: key).bytes
        for position in stride(from: 0, to: envelope.count, by: 7) {
            var changed = envelope
            changed[position] ^= 1
            #expect(throws: UnverifiedImage.self, "byte \(position)") {
                let read = try policy.statement(in: changed) { Self.statement.difference(from: $0) }
                // The name of the key is not signed.
                if read == Self.statement { throw UnverifiedImage.malformed }
            }
        }
        #expect(throws: UnverifiedImage.noSignature) { try policy.statement(in: nil) { _ in nil } }
        #expect(throws: UnverifiedImage.malformed) {
            try policy.statement(in: Array(repeating: 0x20, count: SignatureEnvelope.limit + 1)) { _ in nil }
        }
        // A different type of payload that the same key has signed for another purpose.
        let other = try SignatureEnvelope(Array("{}".utf8), type: "application/json", by: key)
        #expect(throws: UnverifiedImage.otherSigner) { try policy.statement(in: try other.bytes) { _ in nil } }
    }

    /// A later version may mean something else by the same fields, and the same key may sign other statements.
    @Test(arguments: [
        ("cache-image:v1", "cache-image:v2"), ("in-toto.io/Statement/v1", "in-toto.io/Statement/v2"),
        ("\"sha256\":", "\"sha512\":"),
    ])
    func aStatementOfAnotherTypeIsNone(part: String, other: String) throws {
        let key = try SigningKey(pem: Self.ed25519)
        let policy = try #require(SignaturePolicy([[key.publicKey]]))
        let payload = String(decoding: try Self.statement.payload, as: UTF8.self)
        let changed = payload.replacing(part, with: other)
        #expect(changed != payload)
        let envelope = try SignatureEnvelope(Array(changed.utf8), type: ImageStatement.payloadType, by: key).bytes
        #expect(throws: UnverifiedImage.malformed) { try policy.statement(in: envelope) { _ in nil } }
    }

    /// The example of https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
    @Test func whatIsSignedIsAsTheSpecificationSays() {
        let message = SignatureEnvelope.message(Array("hello world".utf8), type: "http://example.com/HelloWorld")
        #expect(message == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8))
    }
}
