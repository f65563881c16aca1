import Crypto
import FoundationEssentials

/// A private key for signing: Ed25519 (RFC 8032) or ECDSA on P-256 with SHA-256.
package struct SigningKey: Sendable {
    private enum Kind {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    private let kind: Kind

    /// Parses a private key in PEM, as `openssl genpkey` writes it.
    ///
    /// Throws ``KeyError``.
    package init(pem text: String) throws(KeyError) {
        guard let blocks = PEMBlock.all(in: text) else { throw .notPEM }
        // `openssl ecparam -genkey` first writes a block with the curve's name.
        guard let block = blocks.first(where: { $0.label != "EC PARAMETERS" }) else {
            throw blocks.isEmpty ? .notPEM : .empty
        }
        if block.label.contains("ENCRYPTED") { throw .encrypted }
        guard block.label.hasSuffix("PRIVATE KEY") else {
            throw .wrongKind(label: block.label, expected: "PRIVATE KEY")
        }
        if block.bytes.starts(with: Self.ed25519Prefix), block.bytes.count == Self.ed25519Prefix.count + 32,
            let key = try? Curve25519.Signing.PrivateKey(
                rawRepresentation: block.bytes.dropFirst(Self.ed25519Prefix.count)
            )
        {
            kind = .ed25519(key)
        } else if let key = try? P256.Signing.PrivateKey(derRepresentation: block.bytes) {
            kind = .p256(key)
        } else {
            throw .unsupported
        }
    }

    /// The bytes before the 32 bytes of the key in its PKCS #8 form (RFC 8410, section 7).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    package var publicKey: VerifyingKey {
        switch kind {
        case .ed25519(let key): VerifyingKey(key.publicKey)
        case .p256(let key): VerifyingKey(key.publicKey)
        }
    }

    /// The signature of `message`: 64 bytes for Ed25519, DER for P-256.
    ///
    /// Throws the error of the crypto library.
    package func signature(of message: [UInt8]) throws -> [UInt8] {
        switch kind {
        case .ed25519(let key): Array(try key.signature(for: message))
        case .p256(let key): Array(try key.signature(for: message).derRepresentation)
        }
    }
}
