/// What the name of a base image stands for at one moment.
package struct BaseImagePin: Equatable, Sendable {
    /// As the Dockerfile has it, with its variables replaced.
    package let reference: String
    package let meaning: Meaning

    package enum Meaning: Equatable, Sendable {
        /// What the registry has under the name: `sha256:` and 64 hex digits.
        case inRegistry(digest: String)
        /// An image that is only in the daemon, because somebody built it there: its id.
        case inDaemon(id: String)
        /// Nobody could be asked, or nobody has it.
        case unknown

        /// As the key has it.
        package var text: String {
            switch self {
            case .inRegistry(let digest): digest
            case .inDaemon(let id): id
            case .unknown: "unknown"
            }
        }
    }
}
