/// Why a key cannot be used. The key itself is never shown.
package enum KeyError: Error, Equatable, CustomStringConvertible {
    case notPEM
    /// The block is of an unexpected kind.
    case wrongKind(label: String, expected: String)
    /// A private key with a passphrase, such as cosign creates.
    case encrypted
    case unsupported
    /// The input contains no key.
    case empty

    package var description: String {
        switch self {
        case .notPEM: "it is not a key in PEM, which begins with -----BEGIN"
        case .wrongKind(let label, let expected): "expected a \(expected), found a \(label)"
        case .encrypted:
            "the key is encrypted, and no passphrase can be given. Make one without: openssl genpkey -algorithm ed25519"
        case .unsupported: "the key is neither Ed25519 nor ECDSA P-256. Make one: openssl genpkey -algorithm ed25519"
        case .empty: "there is no key in it"
        }
    }
}
