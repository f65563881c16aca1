import Crypto
import FoundationEssentials

/// A public key for verifying signatures: Ed25519 or ECDSA on P-256 with SHA-256.
package struct VerifyingKey: Equatable, Sendable {
    private enum Kind {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
    }

    private let kind: Kind
    /// The SubjectPublicKeyInfo of X.509, in DER.
    private let der: [UInt8]

    /// Two keys are equal if their bytes are.
    package static func == (one: VerifyingKey, other: VerifyingKey) -> Bool { one.der == other.der }

    init(_ key: Curve25519.Signing.PublicKey) {
        (kind, der) = (.ed25519(key), Self.ed25519Prefix + key.rawRepresentation)
    }

    init(_ key: P256.Signing.PublicKey) {
        (kind, der) = (.p256(key), Array(key.derRepresentation))
    }

    /// Parses the public keys in a PEM string, in their order.
    ///
    /// Throws ``KeyError``.
    package static func all(pem text: String) throws(KeyError) -> [VerifyingKey] {
        guard let blocks = PEMBlock.all(in: text) else { throw .notPEM }
        guard !blocks.isEmpty else { throw text.allSatisfy(\.isWhitespace) ? .empty : .notPEM }
        var keys: [VerifyingKey] = []
        for block in blocks {
            guard block.label == "PUBLIC KEY" else { throw .wrongKind(label: block.label, expected: "PUBLIC KEY") }
            keys.append(try VerifyingKey(block.bytes))
        }
        return keys
    }

    private init(_ bytes: [UInt8]) throws(KeyError) {
        if bytes.starts(with: Self.ed25519Prefix), bytes.count == Self.ed25519Prefix.count + 32,
            let key = try? Curve25519.Signing.PublicKey(
                rawRepresentation: bytes.dropFirst(Self.ed25519Prefix.count)
            )
        {
            self.init(key)
        } else if let key = try? P256.Signing.PublicKey(derRepresentation: bytes) {
            self.init(key)
        } else {
            throw .unsupported
        }
    }

    /// The bytes before the 32 bytes of the key (RFC 8410, section 4).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    /// The SHA-256 of the key, 64 hex digits, which identifies it in an envelope. It is a hint and proves nothing.
    package var identifier: String {
        SHA256.hash(data: der).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch kind {
        case .ed25519(let key): return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard let read = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(read, for: message)
        }
    }
}
