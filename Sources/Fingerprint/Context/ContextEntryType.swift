/// What kind of file an entry of the context is. The raw value is part of the context digest.
package enum ContextEntryType: UInt8, Sendable, CaseIterable {
    case file = 0x66
    case directory = 0x64
    case link = 0x6C
    /// BuildKit leaves FIFOs out with the client of Docker 20.10, and sends them with buildx, as the legacy builder
    /// does. The digest covers them, so that it is right for all.
    case fifo = 0x70
    /// BuildKit sends sockets, the legacy builder leaves them out. The digest covers them.
    case socket = 0x73
    case blockDevice = 0x62
    case characterDevice = 0x63

    /// The word for it in listings.
    package var name: String {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .link: "link"
        case .fifo: "fifo"
        case .socket: "socket"
        case .blockDevice: "block device"
        case .characterDevice: "character device"
        }
    }

    /// Whether `COPY` shows it.
    package func isSent(by dialect: IgnoreDialect) -> Bool {
        switch dialect.walk {
        case .buildKit: self != .fifo || dialect.matcher == .current
        case .archive: self != .socket
        }
    }
}
