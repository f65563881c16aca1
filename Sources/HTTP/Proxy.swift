/// A proxy that connections go through.
struct Proxy: Hashable {
    package enum Kind: Hashable {
        /// Asked with `CONNECT`.
        case http
        /// SOCKS version 5.
        case socks
    }

    package let kind: Kind
    package let host: String
    package let port: Int
    package let username: String?
    package let password: String?
}
