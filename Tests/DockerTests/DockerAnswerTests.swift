import Testing

@testable import Docker

@Suite struct DockerAnswerTests {
    @Test(arguments: [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "error during connect: Get \"http://10.0.0.1:2375/v1.24/images/x/json\": dial tcp: i/o timeout",
        "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "failed to connect to the docker API at unix:///nowhere.sock; check if the path is correct",
    ])
    func aDaemonThatDoesNotAnswerIsRecognised(text: String) {
        #expect(DockerAnswer.isDaemonUnreachable(text))
        #expect(!DockerAnswer.isNoSuchImage(text))
        #expect(!DockerAnswer.isNotInRegistry(text))
    }

    @Test(arguments: [
        ("Error response from daemon: manifest for 127.0.0.1:5000/app:x not found: manifest unknown", true),
        (
            "Error response from daemon: manifest for 127.0.0.1:5000/app:x not found: manifest unknown: "
                + "manifest unknown",
            true
        ),
        (
            "Error response from daemon: failed to resolve reference \"127.0.0.1:5000/app:x\": "
                + "127.0.0.1:5000/app:x: not found",
            true
        ),
        ("Error response from daemon: name unknown: The repository with name 'x' does not exist: NAME_UNKNOWN", true),
        (
            "Error response from daemon: Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: "
                + "connection refused",
            false
        ),
        ("Error response from daemon: Get \"https://r.example/v2/\": dial tcp: lookup r.example: no such host", false),
        (
            "Error response from daemon: pull access denied for app, repository does not exist or "
                + "may require 'docker login': denied: requested access to the resource is denied", false
        ),
        ("Error response from daemon: received unexpected HTTP status: 503 Service Unavailable", false),
        ("Error response from daemon: Get \"http://127.0.0.1:5000/v2/app/manifests/x\": unauthorized", false),
    ])
    func notThereIsToldFromCouldNotAsk(text: String, notThere: Bool) {
        #expect(DockerAnswer.isNotInRegistry(text) == notThere)
    }

    @Test(arguments: [
        ("http: server gave HTTP response to HTTPS client", "insecure-registries"),
        ("x509: certificate signed by unknown authority", "certs.d"),
        ("Get \"https://r/v2/\": unauthorized: incorrect username or password", "credentials"),
        ("denied: requested access to the resource is denied", "read and write this repository"),
        ("denied: adding 1 GiB of storage will exceed the configured upper limit of 10 GiB", "raise its quota"),
        ("name unknown: The repository with name 'x' does not exist", "Make the repository"),
        ("write /x: no space left on device", "Free some space"),
    ])
    func aFailureSaysWhatToDo(text: String, advice: String) {
        #expect(DockerAnswer.advice(text)?.contains(advice) == true)
        #expect(
            DockerError.failed(command: "docker push x", status: 1, message: text, advice: DockerAnswer.advice(text))
                .description.hasPrefix("`docker push x` failed with status 1: \(text). ")
        )
    }

    @Test(
        arguments: [
            (
                "Error response from daemon: rpc error: code = NotFound desc = content digest "
                    + "sha256:f82eb0543229249f273ce7337b0d1ad441dfa2081d5e352e7017754eacb9d241: not found", true
            ),
            ("Error response from daemon: No such image: app:latest", false),
            ("Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?", false),
        ]
    )
    func aListWhoseImagesAreRemovedMeanwhileIsAskedForAgain(text: String, isChanging: Bool) {
        #expect(DockerAnswer.isChangingList(text) == isChanging)
    }

    @Test(arguments: [
        ("Error: No such container: a", true), ("Error: No such image: a\nError: no such container: b\n", true),
        (
            "Error response from daemon: NotFound: content digest sha256:43f8: not found\nError: No such image: a",
            true
        ),
        ("Error: No such image: a\nCannot connect to the Docker daemon", false),
        // A command that was killed.
        ("", false), ("\n", false),
    ])
    func onlyAnAnswerThatNamesWhatIsGoneIsComplete(text: String, isComplete: Bool) {
        #expect(DockerAnswer.isNothingButGone(text) == isComplete)
    }
}
