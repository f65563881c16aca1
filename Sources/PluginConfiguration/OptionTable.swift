import Buildkite
package import Options
import Providers

/// All options: those declared here, and those of the providers.
package enum OptionTable {
    package static let image = OptionDefinition("image", short: "t", .text, "Image name, such as my-app")
    package static let provider = OptionDefinition(
        "provider",
        .choice(ProviderTable.names),
        "Storage for images between builds. \(providerWords)"
    )
    /// The values of `provider`, explained.
    package static let providerWords = ProviderTable.all.map { "\($0.name): \($0.title)" }.joined(separator: ". ")
    package static let dockerfile = OptionDefinition(
        "dockerfile",
        short: "f",
        .text,
        path: .file,
        "Path of the Dockerfile. Default: Dockerfile in the context, or else in the working directory"
    )
    package static let dockerfileInline = OptionDefinition(
        "dockerfile-inline",
        .text,
        "Text of a Dockerfile, used instead of a file"
    )
    package static let context = OptionDefinition(
        "context",
        .text,
        default: ".",
        path: .directory,
        "Build context: the directory that is sent to the builder"
    )
    package static let target = OptionDefinition("target", .text, "Build stage. Default: the last one")
    package static let buildArguments = OptionDefinition(
        "build-args",
        argument: "build-arg",
        .list,
        of: .pairs,
        "Build arguments, as NAME=value, or NAME to take the value from the environment"
    )
    package static let additionalBuildArguments = OptionDefinition(
        "additional-build-args",
        .text,
        takesAnyWord: true,
        "Additional arguments for docker build, as one string with shell quoting"
    )
    package static let secrets = OptionDefinition(
        "secrets",
        argument: "secret",
        .list,
        of: .identified,
        "Build secrets, as NAME for an environment variable, or id=NAME,src=FILE. Needs BuildKit"
    )
    package static let platform = OptionDefinition(
        "platform",
        .text,
        "Platform to build for, such as linux/arm64. Default: DOCKER_DEFAULT_PLATFORM, or else the daemon's platform"
    )
    package static let cacheKey = OptionDefinition(
        "cache-key",
        .list,
        "Texts, and paths or globs with a /, that replace Dockerfile, context, build arguments and secrets in the key. "
            + "Files count by content. One string may list several paths, separated by commas"
    )
    package static let keyInputs = OptionDefinition(
        "key-inputs",
        .choice(["copied", "context"]),
        default: "copied",
        "Parts of the Dockerfile and the context that are in the key. copied: the stages that the target needs and the "
            + "files they copy. context: everything"
    )
    package static let baseImages = OptionDefinition(
        "base-images",
        .choice(["tag", "pin"]),
        default: "tag",
        "Identity of base images in the key. tag: their name. pin: their digest, which each lookup gets from the "
            + "registry"
    )
    package static let strategy = OptionDefinition(
        "strategy",
        .choice(["artifact", "build", "hybrid"]),
        default: "hybrid",
        "Use of saved images and layers. hybrid: take the saved image, or build with saved layers. artifact: "
            + "take the saved image, or build without saved layers. build: always build, with saved layers"
    )
    package static let layerCache = OptionDefinition(
        "layer-cache",
        .choice(["auto", "inline", "max", "off"]),
        default: "auto",
        "Layers to save for builds on other agents. auto: inline where the builder supports it. inline: those of the "
            + "built stage, in the image. max: those of all stages, under a separate tag; needs buildx with a driver "
            + "that exports. off: none; builds take layers only from cache-from"
    )
    package static let cacheFrom = OptionDefinition(
        "cache-from",
        .list,
        of: .fields,
        "Additional images to take layers from, besides the newest build. With buildx also other sources, such as "
            + "type=local,src=DIRECTORY"
    )
    package static let tag = OptionDefinition(
        "tag",
        .text,
        default: "cache",
        "Prefix of cache image tags"
    )
    package static let fallbackTag = OptionDefinition(
        "fallback-tag",
        .text,
        default: "latest",
        "Tag of the newest build, from which layers are taken"
    )
    package static let tags = OptionDefinition(
        "tags",
        .list,
        "Additional registry tags, set after hits and builds. No layers are uploaded"
    )
    package static let localTags = OptionDefinition(
        "local-tags",
        .list,
        "Additional tags in the Docker daemon, set after hits and builds. gc keeps an image that has one"
    )
    package static let publish = OptionDefinition(
        "publish",
        .text,
        "Publish the image's digest reference as build meta-data, for later steps on any agent. The value is the "
            + "name, or true for the last part of the image name"
    )
    package static let maxAgeDays = OptionDefinition(
        "max-age-days",
        .number,
        default: "30",
        "Days until an image expires, counted from its build. Fractions are allowed"
    )
    package static let save = OptionDefinition(
        "save",
        .boolean,
        default: "true",
        "Save built images"
    )
    package static let restore = OptionDefinition(
        "restore",
        .boolean,
        default: "true",
        "Use saved images instead of building"
    )
    package static let readOnly = OptionDefinition(
        "read-only",
        .choice(["auto", "true", "false"]),
        default: "auto",
        "Read-only mode: use saved images, save none. auto: only in builds of pull requests from other repositories. "
            + "true: always. false: never"
    )
    package static let trustedBranches = OptionDefinition(
        "trusted-branches",
        argument: "trusted-branch",
        .list,
        "Trusted branches, as names or patterns such as release/*. ! excludes a pattern. tag:v* matches git tags. "
            + "Other branches read trusted images and save to a separate repository"
    )
    package static let untrustedRepository = OptionDefinition(
        "untrusted-repository",
        .text,
        "Repository for builds of branches that are not trusted. Default: the trusted repository with -untrusted at "
            + "its end. Required for the provider buildkite with trusted-branches"
    )
    package static let signKey = OptionDefinition(
        "sign-key",
        .text,
        path: .file,
        "Private key in PEM that signs saved images: a file, or $NAME for a variable with the key. Ed25519 or ECDSA "
            + "P-256"
    )
    package static let verifyKey = OptionDefinition(
        "verify-key",
        .list,
        "Public keys in PEM, as files or $NAME. An image without a signature by one of them is not used"
    )
    package static let skipPull = OptionDefinition(
        "skip-pull-from-cache",
        .boolean,
        default: "false",
        "Do not pull an image that the registry has. The step gets its name in the registry"
    )
    package static let registryCheck = OptionDefinition(
        "registry-check",
        .choice(["auto", "never"]),
        default: "auto",
        "Registry lookup for images that are not on the agent. auto: query the registry. never: use only the index"
    )
    package static let onError = OptionDefinition(
        "on-error",
        .choice(["warn", "fail"]),
        default: "warn",
        "Response to a failure of the cache, such as an unreachable registry or a missing tool. warn: build without "
            + "the cache. fail: stop the step"
    )
    package static let stallTimeout = OptionDefinition(
        "stall-timeout-seconds",
        .number,
        default: "120",
        "Seconds without progress after which a pull or push is stopped. Then on-error decides"
    )
    package static let pushTimeout = OptionDefinition(
        "push-timeout-seconds",
        .number,
        "Seconds after which a push is stopped. Default: as long as the build took, at least 300"
    )
    package static let exportVariable = OptionDefinition(
        "export-env-variable",
        .text,
        default: Exports.defaultImageVariable,
        "Environment variable that gets the image's name. Not one that the shell or docker needs, such as PATH"
    )
    package static let gc = OptionDefinition(
        "gc",
        .text,
        default: "auto",
        "Remove entries and local images that are no longer needed, after a lookup, at most once an hour per host. "
            + "auto: yes. off: no. A limit turns it on"
    )
    package static let gcMaxSize = OptionDefinition(
        "gc.max-size",
        .text,
        "Maximum total size of local images, such as 20GB. The least recently used are removed first"
    )
    package static let gcMaxAgeDays = OptionDefinition(
        "gc.max-age-days",
        .number,
        "Days until a local image is removed, counted from its build. Default: 30, or max-age-days if that is "
            + "more"
    )
    package static let gcKeep = OptionDefinition(
        "gc.keep",
        .number,
        "Maximum number of local images per image name. The most recently used are kept"
    )
    package static let annotate = OptionDefinition(
        "annotate",
        .boolean,
        default: "false",
        "Show the job's lookups in an annotation on the build's page"
    )
    package static let verbose = OptionDefinition(
        "verbose",
        .boolean,
        default: "false",
        "Print commands as they run, without the values of build arguments"
    )
    package static let index = OptionDefinition(
        "index",
        .text,
        path: .file,
        "SQLite file for known images and file hashes. Default: the variable DOCKER_CACHE_INDEX, else "
            + "docker-cache/index.db in $XDG_CACHE_HOME or ~/.cache"
    )
}
