/// A proxy that connections go through.
struct Proxy: Hashable {
    enum Kind: Hashable {
        /// Asked with `CONNECT`.
        case http
        /// SOCKS version 5.
        case socks
    }

    let kind: Kind
    let host: String
    let port: Int
    let username: String?
    let password: String?
}
