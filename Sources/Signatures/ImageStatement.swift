import FoundationEssentials
package import Images

/// The content of a cache image's signature: an in-toto statement with our own predicate.
///
/// https://github.com/in-toto/attestation/blob/v1.0/spec/v1.0/statement.md
package struct ImageStatement: Equatable, Sendable {
    /// The repository of the image: the statement's subject.
    package var repository: String
    /// The digest that the image's tag names.
    package var digest: Digest
    /// The image's name, without a tag.
    package var image: String
    /// The prefix of the tags of cache images.
    package var tag: String
    /// 40 hex digits.
    package var key: String
    package var platform: String
    /// When the image was built, in milliseconds since 1970. Its age is measured from this time.
    package var builtAt: Int64

    package init(
        repository: String,
        digest: Digest,
        image: String,
        tag: String,
        key: String,
        platform: String,
        builtAt: Int64
    ) {
        self.repository = repository
        self.digest = digest
        self.image = image
        self.tag = tag
        self.key = key
        self.platform = platform
        self.builtAt = builtAt
    }

    /// The type of the payload in its envelope.
    package static let payloadType = "application/vnd.in-toto+json"
    /// The type of the predicate. A new version gets a new name.
    package static let predicateType = "urn:docker-cache:cache-image:v1"
    private static let statementType = "https://in-toto.io/Statement/v1"

    private struct Statement: Codable {
        struct Subject: Codable {
            let name: String
            let digest: [String: String]
        }

        struct Predicate: Codable {
            let image: String
            let tag: String
            let key: String
            let platform: String
            let builtAt: Int64
        }

        let type: String
        let subject: [Subject]
        let predicateType: String
        let predicate: Predicate

        enum CodingKeys: String, CodingKey {
            case type = "_type"
            case subject, predicateType, predicate
        }
    }

    /// The payload to sign. Equal statements have equal bytes.
    package var payload: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let statement = Statement(
                type: Self.statementType,
                subject: [
                    Statement.Subject(
                        name: repository,
                        digest: ["sha256": String(digest.description.dropFirst("sha256:".count))]
                    )
                ],
                predicateType: Self.predicateType,
                predicate: Statement.Predicate(
                    image: image,
                    tag: tag,
                    key: key,
                    platform: platform,
                    builtAt: builtAt
                )
            )
            return Array(try encoder.encode(statement))
        }
    }

    /// Parses a payload. Nil if it is not such a statement.
    package init?(payload: some Sequence<UInt8>) {
        guard let statement = try? JSONDecoder().decode(Statement.self, from: Data(payload)),
            statement.type == Self.statementType, statement.predicateType == Self.predicateType,
            statement.subject.count == 1, let digits = statement.subject[0].digest["sha256"],
            let digest = Digest("sha256:\(digits)")
        else { return nil }
        let predicate = statement.predicate
        self.init(
            repository: statement.subject[0].name,
            digest: digest,
            image: predicate.image,
            tag: predicate.tag,
            key: predicate.key,
            platform: predicate.platform,
            builtAt: predicate.builtAt
        )
    }

    /// Signs this statement and returns the envelope.
    package func signed(by key: SigningKey) throws -> SignatureEnvelope {
        try SignatureEnvelope(try payload, type: Self.payloadType, by: key)
    }
}
