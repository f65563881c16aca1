/// A key that cannot be used. Its text is not shown.
package enum KeyError: Error, Equatable, CustomStringConvertible {
    case notPEM
    /// A block of another kind than was expected.
    case wrongKind(label: String, expected: String)
    /// A private key under a passphrase, such as cosign makes.
    case encrypted
    case unsupported
    /// A text without a key.
    case empty

    package var description: String {
        switch self {
        case .notPEM: "it is not a key in PEM, which begins with -----BEGIN"
        case .wrongKind(let label, let expected): "it is a \(label), and a \(expected) is expected"
        case .encrypted:
            "the key is encrypted, and no passphrase can be given. Make one without: openssl genpkey -algorithm ed25519"
        case .unsupported: "the key is neither Ed25519 nor ECDSA P-256. Make one: openssl genpkey -algorithm ed25519"
        case .empty: "there is no key in it"
        }
    }
}
