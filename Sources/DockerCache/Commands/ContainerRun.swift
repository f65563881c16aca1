import CLibrary
import Host
import SystemPackage

/// `docker run`, as which the process goes on after a lookup: signals, input, output and the exit status are then the
/// container's, with nothing in between.
struct ContainerRun {
    let image: String
    let command: [String]
    /// In the container; nil for the image's own.
    let workingDirectory: String?
    /// Whether a person sits at both ends.
    let isTerminal: Bool

    /// What docker gets.
    var arguments: [String] {
        ["run", "--rm", "--interactive"] + (isTerminal ? ["--tty"] : [])
            + (workingDirectory.map { ["--workdir", $0] } ?? []) + [image] + command
    }

    /// Becomes `docker`. Returns only by throwing ``ContainerRunError``.
    func replaceProcess(docker: FilePath, environment: [String: String]) throws(ContainerRunError) -> Never {
        // An ignored signal stays ignored through execve(2), and a container must be stopped by Ctrl-C.
        for number in [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGPIPE] { signal(number, SIG_DFL) }
        let variables = environment.map { "\($0.key)=\($0.value)" }
        // The process ends with these copies, or with the error.
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
