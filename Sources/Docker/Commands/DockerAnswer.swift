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

    /// All that `docker … inspect` has to say against is that some of what it was asked for is gone.
    static func isNothingButGone(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).allSatisfy { line in
            line.lowercased().contains("no such image") || line.lowercased().contains("no such container")
        }
    }

    /// A list could not be made, because one of its images was removed meanwhile: with containerd's image store that
    /// fails the whole list (28.5). Asked again, it is there.
    static func isChangingList(_ text: String) -> Bool {
        text.contains("content digest sha256:") && text.contains("not found")
    }

    /// `docker image rm` would have to be forced: a container uses the image, or another image is built on it.
    static func isInUse(_ text: String) -> Bool {
        text.contains("conflict: ") || text.contains("is being used by") || text.contains("is using its referenced")
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

    /// The registry refused a push because the tag is there and none may be moved.
    ///
    /// The words of Amazon ECR (`cannot be overwritten because the repository is immutable`, `… because the tag is
    /// immutable`), Google Artifact Registry (`The repository has enabled tag immutability`) and Harbor.
    static func isImmutableTag(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["is immutable", "tag immutability", "as immutable", "immutable tag", "cannot be overwritten"]
            .contains { lowercased.contains($0) }
    }

    /// A push failed in a way that a missing repository may be the reason for: the registry says so, or it says that
    /// access is denied, as those do that hide what one may not see.
    static func mayBeMissingRepository(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["name unknown", "name_unknown", "does not exist", "repository name not known", "not found", "denied"]
            .contains { lowercased.contains($0) }
    }

    /// The registry did not accept the login that docker has.
    static func isUnauthorized(_ text: String) -> Bool {
        let lowercased = text.lowercased()
        return ["unauthorized", "authentication required", "no basic auth credentials", "denied"]
            .contains { lowercased.contains($0) }
    }

    /// What to do about a failure, where docker's words tell it; nil where they do not.
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
        // Harbor says that its quota is used up with the code DENIED.
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
