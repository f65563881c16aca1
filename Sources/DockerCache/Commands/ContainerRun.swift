import CLibrary
import FoundationEssentials
import Host
import SystemPackage

/// The `docker run` process that replaces this one after a lookup. Signals, input, output and the exit status are then
/// directly the container's.
struct ContainerRun {
    let image: String
    let command: [String]
    /// The directory in the container; nil for the image's own.
    let workingDirectory: String?
    /// Whether standard input and standard output are terminals.
    let isTerminal: Bool

    /// The arguments of `docker`.
    var arguments: [String] {
        ["run", "--rm", "--interactive"] + (isTerminal ? ["--tty"] : [])
            + (workingDirectory.map { ["--workdir", $0] } ?? []) + [image] + command
    }

    /// Replaces this process with `docker`. Returns only by throwing ``ContainerRunError``.
    func replaceProcess(docker: FilePath, environment: [String: String]) throws(ContainerRunError) -> Never {
        // An ignored signal stays ignored through execve(2), and Ctrl-C must stop the container.
        for number in [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGPIPE] { signal(number, SIG_DFL) }
        // A connection that has not been closed yet must not stay open as long as the container.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            var state = stat()
            guard let descriptor = CInt(name), fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFSOCK,
                descriptor > 2
            else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        let variables = environment.map { "\($0.key)=\($0.value)" }
        // These copies are never freed: the process is replaced or ends with the error.
        var arguments = ([docker.string] + arguments).map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        execve(docker.string, &arguments, &environment)
        throw .notStarted(docker: docker.string, reason: Errno(rawValue: errno))
    }
}

/// A container that could not be started.
enum ContainerRunError: Error, CustomStringConvertible {
    case notStarted(docker: String, reason: Errno)

    var description: String {
        switch self {
        case .notStarted(let docker, let reason):
            "\(docker) could not be started: \(reason). The image is there; run it with docker run."
        }
    }
}
