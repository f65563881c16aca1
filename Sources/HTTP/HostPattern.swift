import CLibrary

/// One entry of a host list: an address, an address range, or a name. Addresses and names may have a port.
package struct HostPattern: Equatable {
    private enum Subject: Equatable {
        case everything
        /// The leading bits of an address.
        case range(IPAddress, bits: Int)
        case address(IPAddress)
        /// A name in lower case: the name itself, the names below it, or both.
        case name(String, itself: Bool, below: Bool)
    }

    private let subject: Subject
    /// Nil for any port.
    private let port: Int?

    /// Reads an entry of `NO_PROXY` by the rules of Go's `httpproxy`, which Docker follows: `*`, an address, a range
    /// such as `10.0.0.0/8`, `example.com` with all names below it, `.example.com` and `*.example.com` only for the
    /// names below.
    ///
    /// Nil for an entry without a meaning, such as a lone dot.
    package init?(excludingFromProxy text: some StringProtocol) {
        self.init(text) { name in
            if name.hasPrefix("*.") { return .name(String(name.dropFirst(2)), itself: false, below: true) }
            if name.hasPrefix(".") { return .name(String(name.dropFirst()), itself: false, below: true) }
            return .name(name, itself: true, below: true)
        }
    }

    /// Reads an entry of Docker's list of insecure registries: an address range, or a host with or without a port,
    /// without the names below it.
    package init?(insecureRegistry text: some StringProtocol) {
        self.init(text) { .name($0, itself: true, below: false) }
    }

    private init?(_ text: some StringProtocol, name: (String) -> Subject) {
        let text = text.lowercased()
        if text == "*" {
            subject = .everything
            port = nil
            return
        }
        if let slash = text.firstIndex(of: "/") {
            guard let address = IPAddress(text[..<slash]), let bits = Int(text[text.index(after: slash)...]),
                (0...address.bytes.count * 8).contains(bits)
            else { return nil }
            subject = .range(address, bits: bits)
            port = nil
            return
        }
        let (host, port) = Self.split(text)
        guard !host.isEmpty, host != "." else { return nil }
        subject = IPAddress(host).map { .address($0) } ?? name(host)
        self.port = port
    }

    /// Whether the pattern matches `host` (a name, or an address without brackets) and `port`.
    package func matches(host: String, port: Int) -> Bool {
        guard self.port == nil || self.port == port else { return false }
        switch subject {
        case .everything:
            return true
        case .address(let address):
            return IPAddress(host) == address
        case .range(let network, let bits):
            guard let address = IPAddress(host), address.bytes.count == network.bytes.count else { return false }
            return zip(address.bytes, network.bytes).enumerated().allSatisfy { position, pair in
                let covered = min(max(bits - position * 8, 0), 8)
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> covered)
                return pair.0 & mask == pair.1 & mask
            }
        case .name(let name, let itself, let below):
            let host = host.lowercased()
            return (itself && host == name) || (below && host.hasSuffix("." + name))
        }
    }

    private static func split(_ text: String) -> (host: String, port: Int?) {
        if text.hasPrefix("["), let bracket = text.firstIndex(of: "]") {
            let host = String(text[text.index(after: text.startIndex)..<bracket])
            return (host, Int(text[bracket...].dropFirst(2)))
        }
        // More than one colon is an IPv6 address without brackets, which has no port.
        guard text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...])
        else { return (text, nil) }
        return (String(text[..<colon]), port)
    }
}

/// An IPv4 or IPv6 address.
struct IPAddress: Hashable {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// Nil if `text` is not an address in the usual notation, without brackets.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
    }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }
}
