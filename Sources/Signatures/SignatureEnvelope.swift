package import FoundationEssentials

/// A signed payload in a DSSE envelope, which cosign and in-toto also use.
///
/// https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md
package struct SignatureEnvelope: Equatable, Sendable, Codable {
    private struct Signature: Equatable, Sendable, Codable {
        /// The identifier of the signing key. It is not signed.
        var keyid: String?
        let sig: Data
    }

    private let payloadType: String
    package let payload: Data
    private let signatures: [Signature]

    /// The media type of an envelope as JSON.
    package static let mediaType = "application/vnd.dsse.envelope.v1+json"
    /// The maximum size of an envelope, in bytes. A larger one is not ours.
    package static let limit = 16 << 10

    /// Signs `payload`.
    package init(_ payload: [UInt8], type: String, by key: SigningKey) throws {
        payloadType = type
        self.payload = Data(payload)
        let signature = try key.signature(of: Self.message(payload, type: type))
        signatures = [Signature(keyid: key.publicKey.identifier, sig: Data(signature))]
    }

    /// Parses an envelope. Nil if it is malformed or too large.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.limit,
            let envelope = try? JSONDecoder().decode(SignatureEnvelope.self, from: Data(bytes))
        else { return nil }
        self = envelope
    }

    /// The envelope as JSON. Equal envelopes have equal bytes.
    package var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self))
        }
    }

    /// Whether the payload is of the given type and one of the keys signed it.
    package func isSigned(byOneOf keys: [VerifyingKey], type: String) -> Bool {
        guard payloadType == type else { return false }
        let message = Self.message(Array(payload), type: payloadType)
        // The limit bounds the time that a crafted envelope with many signatures can cost.
        return signatures.prefix(10).contains { signature in
            keys.contains { $0.isValid(Array(signature.sig), of: message) }
        }
    }

    /// The signed message: the pre-authentication encoding of
    /// https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
    static func message(_ payload: [UInt8], type: String) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}
