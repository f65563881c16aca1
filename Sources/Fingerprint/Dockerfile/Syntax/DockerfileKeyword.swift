/// The instructions that there are, and the flags that each may have.
enum DockerfileKeyword: String, CaseIterable, Sendable {
    case add, arg, cmd, copy, entrypoint, env, expose, from, healthcheck, label, maintainer, onbuild, run, shell
    case stopsignal, user, volume, workdir

    /// Nil if `name`, in any case, is none of them.
    init?(name: [UInt8]) {
        self.init(rawValue: DockerfileText.string(DockerfileText.lowercased(name)))
    }

    var flags: Set<String> {
        switch self {
        case .add: ["chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"]
        case .copy: ["chown", "chmod", "from", "link", "exclude", "parents"]
        case .from: ["platform"]
        case .healthcheck: ["interval", "timeout", "start-period", "start-interval", "retries"]
        case .run: ["mount", "network", "security", "device"]
        default: []
        }
    }

    var mayHoldHeredocs: Bool { self == .add || self == .copy || self == .run }
}
