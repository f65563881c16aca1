/// Classifies docker's error messages. Docker has one exit status for all failures, so the messages have to be matched.
///
/// The messages are those of the 20.10, 24 and 28 clients and daemons. Each is a case of `DockerAnswerTests`.
enum DockerAnswer {
    /// Whether the client could not reach the daemon, or was denied access.
    static func isDaemonUnreachable(_ text: String) -> Bool {
        [
            "Cannot connect to the Docker daemon", "Is the docker daemon running", "error during connect",
            "permission denied while trying to connect to the Docker daemon", "failed to connect to the docker API",
        ].contains { text.contains($0) }
    }

    /// Whether `docker image inspect` did not find the image.
    static func isNoSuchImage(_ text: String) -> Bool {
        text.contains("No such image") || text.contains("no such image")
    }

    /// Whether `docker … inspect` failed only because some of the requested objects no longer exist. A command that was
    /// killed says nothing, and its answer may be incomplete.
    static func isNothingButGone(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline)
        return !lines.isEmpty
            && lines.allSatisfy { line in
                line.lowercased().contains("no such image") || line.lowercased().contains("no such container")
                    || isChangingList(String(line))
            }
    }

    /// Whether listing or inspecting failed because one of the images was removed meanwhile. With containerd's image
    /// store, that fails the whole command (28.5). A second attempt succeeds, unless the image has lost a part for
    /// good.
    static func isChangingList(_ text: String) -> Bool {
        text.contains("content digest sha256:") && text.contains("not found")
    }

    /// Whether `docker image rm` would need force: a container uses the image, or another image is built on it.
    static func isInUse(_ text: String) -> Bool {
        text.contains("conflict: ") || text.contains("is being used by") || text.contains("is using its referenced")
    }

    /// Whether the registry answered a pull and reported that it has no such image.
    ///
    /// A registry that could not be queried must never match. So the list is short and contains only registries'
    /// messages.
    static func isNotInRegistry(_ text: String) -> Bool {
        if text.contains("manifest unknown") || text.contains("MANIFEST_UNKNOWN") || text.contains("NAME_UNKNOWN")
            || text.contains("repository does not exist") || text.contains("repository name not known to registry")
        {
            // Docker Hub and others hide "forbidden" behind this message. Only the plain message proves absence.
            return !text.contains("may require 'docker login'") && !text.contains("denied")
        }
        return text.contains("manifest for ") && text.contains(" not found")
            || text.contains("failed to resolve reference") && text.hasSuffix(": not found")
    }

    /// Whether the registry refused a push because the tag exists and tags may not be moved.
    ///
    /// The messages are those of Amazon ECR (`cannot be overwritten because the repository is immutable`,
    /// `… because the tag is immutable`), Google Artifact Registry (`The repository has enabled tag immutability`) and
    /// Harbor.
    static func isImmutableTag(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["is immutable", "tag immutability", "as immutable", "immutable tag", "cannot be overwritten"]
            .contains { lowercased.contains($0) }
    }

    /// Whether a missing repository may be the reason for a failed push. Either the registry reports it, or it denies
    /// access, which some registries do to hide what a user may not see.
    static func mayBeMissingRepository(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["name unknown", "name_unknown", "does not exist", "repository name not known", "not found", "denied"]
            .contains { lowercased.contains($0) }
    }

    /// Whether the registry rejected docker's login.
    static func isUnauthorized(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["unauthorized", "authentication required", "no basic auth credentials", "denied"]
            .contains { lowercased.contains($0) }
    }

    /// Advice on a failure, if docker's message allows it. Nil otherwise.
    static func advice(_ text: String) -> String? {
        let lowercased = text.lowercased()
        func says(_ words: String...) -> Bool { words.contains { lowercased.contains($0) } }
        if says("server gave http response to https client") {
            return "The registry speaks plain http: list it in insecure-registries in the daemon's daemon.json."
        }
        if says("x509:", "certificate signed by unknown authority") {
            return "Put the certificate of the registry's authority at /etc/docker/certs.d/HOST/ca.crt."
        }
        if says(
            "unauthorized",
            "authentication required",
            "no basic auth credentials",
            "incorrect username or password"
        ) {
            return "Check the credentials, and that they are for this registry."
        }
        // Harbor reports an exhausted quota with the code DENIED.
        if says("quota", "exceed the configured upper limit") {
            return "Free some space in the registry, or raise its quota."
        }
        if says("name unknown", "name_unknown", "repository name not known") {
            return "Make the repository, and let this user push to it."
        }
        if says("denied") {
            return "Let the user who is logged in read and write this repository."
        }
        if says("no space left on device") {
            return "Free some space; `docker system df` shows what docker holds."
        }
        return nil
    }
}
