import Formatting

/// The variables of the environment that docker, buildx and BuildKit's client read during a build, and what each of
/// them means for the key.
///
/// Gathered from the sources of docker 20.10 to 29, buildx 0.13 to 0.31 and BuildKit's client; what they do was tried
/// with 20.10, 26.1 and 28.5. The page docs/keys.md has the same list.
package enum BuildEnvironment {
    /// What a variable means for a key and for the build.
    package enum Treatment: String, CaseIterable, Sendable {
        /// It decides the image, and is in the key.
        case counts
        /// It would put into the image what must not count, and so the build does not get it.
        case withheld
        /// It changes nothing in the image.
        case ignored
        /// It changes nothing in the image, and the build gets a value that suits us.
        case replaced
    }

    package struct Variables: Sendable {
        package let treatment: Treatment
        /// One that ends in `*` stands for all that begin so.
        package let names: [String]
        /// A sentence without its end.
        package let reason: String

        init(_ treatment: Treatment, _ names: String, _ reason: String) {
            self.treatment = treatment
            self.names = names.split(separator: " ").map(String.init)
            self.reason = reason
        }
    }

    package static let sourcePolicy = "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"
    static let gitLabels = "BUILDX_GIT_LABELS"
    static let noAttestations = "BUILDX_NO_DEFAULT_ATTESTATIONS"
    static let metadata = "BUILDX_METADATA_PROVENANCE"
    static let noArtifacts = "BUILDX_NO_DEFAULT_OCI_ARTIFACT"

    package static let table: [Variables] = [
        Variables(.counts, sourcePolicy, "the content of the file that it names can replace every image and source"),
        Variables(
            .counts,
            "\(noAttestations) \(noArtifacts)",
            "they decide whether attestations are stored with the image, and how"
        ),
        Variables(.counts, "DOCKER_DEFAULT_PLATFORM", "it is the platform where no option names one"),
        Variables(.counts, "DOCKER_BUILDKIT", "the legacy builder makes other images than BuildKit"),
        Variables(
            .counts,
            "SOURCE_DATE_EPOCH",
            "buildx makes a build argument of it; it counts where the Dockerfile names it, and otherwise decides times"
        ),
        Variables(
            .counts,
            "DOCKER_CONFIG DOCKER_HOST DOCKER_CONTEXT",
            "the proxies that Docker's configuration has for the daemon are build arguments, and a daemon on another "
                + "machine may have another platform; nothing else of the three counts"
        ),
        Variables(.withheld, gitLabels, "it would label the image with the commit, and the commit does not count"),
        Variables(
            .ignored,
            "BUILDX_GIT_INFO BUILDX_GIT_CHECK_DIRTY BUILDX_METADATA_WARNINGS GITHUB_*",
            "they decide what provenance says of the build's origin, which differs from build to build anyway"
        ),
        Variables(.replaced, metadata, "the build is asked to report which base images it used"),
        Variables(
            .ignored,
            "BUILDX_BUILDER BUILDX_CONFIG BUILDKIT_HOST KUBECONFIG DOCKER_API_VERSION DOCKER_CERT_PATH DOCKER_TLS "
                + "DOCKER_TLS_VERIFY DOCKER_CUSTOM_HEADERS DOCKER_CLI_PLUGIN_*",
            "they decide where and how the build is run, for the platform that the key names"
        ),
        Variables(.ignored, "BUILDX_NO_DEFAULT_LOAD", "the build is told --load"),
        Variables(
            .ignored,
            "BUILDX_DEFAULT_POLICY DOCKER_CONTENT_TRUST DOCKER_CONTENT_TRUST_SERVER",
            "they refuse base images that are not signed as they ask; which image a tag names does not count"
        ),
        Variables(
            .ignored,
            "BUILDX_BAKE_* BAKE_ALLOW_REMOTE_FS_ACCESS COMPOSE_*",
            "a build of one image does not read them"
        ),
        Variables(
            .ignored,
            "BUILDX_EXPERIMENTAL BUILDX_SEND_GIT_QUERY_AS_INPUT BUILDX_CPU_PROFILE BUILDX_MEM_PROFILE DEBUG GODEBUG",
            "they turn on commands and protocols that make the same image"
        ),
        Variables(
            .ignored,
            "BUILDKIT_PROGRESS BUILDKIT_COLORS BUILDKIT_TTY_LOG_LINES NO_COLOR PROGRESS_NO_TRUNC TTY_DISPLAY_RATE "
                + "DOCKER_CLI_HINTS DOCKER_CLI_HOOKS OTEL_* TRACEPARENT TRACESTATE",
            "they decide what is shown of a build and reported about it"
        ),
        Variables(
            .ignored,
            "DOCKER_AUTH_CONFIG BUILDKIT_NO_CLIENT_TOKEN SSH_AUTH_SOCK",
            "credentials never count; what they give access to counts where the build names it"
        ),
        Variables(.ignored, "ACTIONS_*", "they say where layers are kept"),
        Variables(
            .ignored,
            "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy",
            "the command line uses them itself, and hands on to a build those of Docker's configuration alone"
        ),
    ]

    /// The variables that count by themselves, with what of their value counts; empty where none differs from what a
    /// build does by default.
    ///
    /// - Parameter digest: the SHA-256 of the file at a path
    package static func counted(
        _ environment: [String: String],
        by builder: Builder,
        digest: (String) throws -> [UInt8]
    ) rethrows -> [(name: String, value: [UInt8])] {
        guard builder == .buildx else { return [] }
        var counted: [(name: String, value: [UInt8])] = []
        if let path = policy(environment, by: builder) { counted.append((sourcePolicy, try digest(path))) }
        let attestations = attestations(environment)
        if Bool(go: attestations) != true {
            counted.append((noAttestations, Array(attestations.utf8)))
            // buildx passes over it where nothing is attested.
            if let artifacts = environment[noArtifacts] { counted.append((noArtifacts, Array(artifacts.utf8))) }
        }
        return counted
    }

    /// The file that can replace images and sources; nil for none. The builders before buildx do not read one.
    package static func policy(_ environment: [String: String], by builder: Builder) -> String? {
        guard builder == .buildx, let path = environment[sourcePolicy], !path.isEmpty else { return nil }
        return path
    }

    /// The variables that were set and that a build does not get.
    static func withheld(_ environment: [String: String]) -> [String] {
        let value = environment[gitLabels] ?? ""
        return value == "full" || Bool(go: value) == true ? [gitLabels] : []
    }

    /// What a build's environment has besides ours.
    static func changes(_ environment: [String: String], for builder: Builder) -> [String: String] {
        switch builder {
        case .legacy: [:]
        // Clients before 23 use BuildKit only when told to; later ones fail if told to and have no buildx.
        case .buildKit: ["DOCKER_BUILDKIT": "1"]
        case .buildx:
            [
                noAttestations: attestations(environment), gitLabels: "false",
                // Which images a build used is in there. `max` says that too, and more; not to be told is no choice.
                metadata: environment[metadata] == "max" ? "max" : "min",
            ]
        }
    }

    /// buildx adds provenance to an image unless told otherwise, which makes an index of it: some services refuse one,
    /// and finding the image in it takes one more request. Older versions do not know the flag, and pass over the
    /// variable. Where the user has set it, or asks for provenance with a flag, that counts.
    private static func attestations(_ environment: [String: String]) -> String { environment[noAttestations] ?? "1" }
}
