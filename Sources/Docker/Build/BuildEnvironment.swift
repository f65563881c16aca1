import Formatting

/// The environment variables that docker, buildx and BuildKit's client read during a build, and what each means for the
/// key.
///
/// The list comes from the sources of docker 20.10 to 29, buildx 0.13 to 0.31 and BuildKit's client. The effects were
/// tested with 20.10, 26.1 and 28.5. The page docs/keys.md has the same list.
package enum BuildEnvironment {
    /// How a variable affects the key and the build.
    package enum Treatment: String, CaseIterable, Sendable {
        /// The variable affects the image and is part of the key.
        case counts
        /// The variable would put something into the image that is not part of the key, so the build does not get it.
        case withheld
        /// The variable does not affect the image.
        case ignored
        /// The variable does not affect the image, and the build gets our own value.
        case replaced
    }

    package struct Variables: Sendable {
        package let treatment: Treatment
        /// The names. One that ends in `*` matches every variable with that prefix.
        package let names: [String]
        /// Why the variables are treated this way: a sentence without its final full stop.
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
            "the command line uses them itself, and passes only those of Docker's configuration to a build"
        ),
    ]

    /// The variables that are part of the key by themselves, each with the bytes that go into the key. Empty if every
    /// value equals the build's default.
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
            // buildx ignores this variable if there are no attestations.
            if let artifacts = environment[noArtifacts] { counted.append((noArtifacts, Array(artifacts.utf8))) }
        }
        return counted
    }

    /// The path of the file that can replace images and sources, or nil. Only buildx reads such a file.
    package static func policy(_ environment: [String: String], by builder: Builder) -> String? {
        guard builder == .buildx, let path = environment[sourcePolicy], !path.isEmpty else { return nil }
        return path
    }

    /// The variables that are set but not passed to a build.
    static func withheld(_ environment: [String: String]) -> [String] {
        let value = environment[gitLabels] ?? ""
        return value == "full" || Bool(go: value) == true ? [gitLabels] : []
    }

    /// The variables that a build gets in addition to our own environment.
    static func changes(_ environment: [String: String], for builder: Builder) -> [String: String] {
        switch builder {
        case .legacy: [:]
        // Clients before 23 use BuildKit only if told to. Later clients fail if they are told to and lack buildx.
        case .buildKit: ["DOCKER_BUILDKIT": "1"]
        case .buildx:
            [
                noAttestations: attestations(environment), gitLabels: "false",
                // The provenance lists the images that the build used. `max` adds more. The user cannot turn it off.
                metadata: environment[metadata] == "max" ? "max" : "min",
            ]
        }
    }

    /// By default, buildx adds provenance to an image, which turns the image into an index. Some services reject an
    /// index, and finding the image in it takes one more request. Older versions do not know the flag, so the variable
    /// is used, which they ignore. The user's own value takes precedence, and so does the user's provenance flag.
    private static func attestations(_ environment: [String: String]) -> String { environment[noAttestations] ?? "1" }
}
