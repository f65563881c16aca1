/// What docker's error texts mean. Docker has one exit status for all failures, so its words must be read.
///
/// The texts are those of the 20.10, 24 and 28 clients and daemons; each is a case of `DockerAnswerTests`.
enum DockerAnswer {
    /// The client could not reach the daemon, or was not let in.
    static func isDaemonUnreachable(_ text: String) -> Bool {
        [
            "Cannot connect to the Docker daemon", "Is the docker daemon running", "error during connect",
            "permission denied while trying to connect to the Docker daemon", "failed to connect to the docker API",
        ].contains { text.contains($0) }
    }

    /// `docker image inspect` knows no such image.
    static func isNoSuchImage(_ text: String) -> Bool {
        text.contains("No such image") || text.contains("no such image")
    }

    /// The registry answered a pull, and the answer was that it has no such image.
    ///
    /// "Could not ask" must never be taken for this, so the list is of what registries say, and short.
    static func isNotInRegistry(_ text: String) -> Bool {
        if text.contains("manifest unknown") || text.contains("MANIFEST_UNKNOWN") || text.contains("NAME_UNKNOWN")
            || text.contains("repository does not exist") || text.contains("repository name not known to registry")
        {
            // Docker Hub and others hide "forbidden" behind this text; only the plain answer counts.
            return !text.contains("may require 'docker login'") && !text.contains("denied")
        }
        return text.contains("manifest for ") && text.contains(" not found")
            || text.contains("failed to resolve reference") && text.hasSuffix(": not found")
    }

    /// The registry wants credentials, or others.
    static func isUnauthorised(_ text: String) -> Bool {
        [
            "unauthorized", "authentication required", "no basic auth credentials", "access denied",
            "access to the resource is denied",
            "incorrect username or password",
        ].contains { text.lowercased().contains($0) }
    }
}
