import Buildkite
package import Options
import Providers

/// Every option there is: these and the providers' own.
package enum OptionTable {
    package static let image = OptionDefinition("image", .text, "The name of the image")
    package static let provider = OptionDefinition(
        "provider",
        .choice(ProviderTable.names),
        "Where the image is kept between builds"
    )
    package static let dockerfile = OptionDefinition(
        "dockerfile",
        .text,
        path: .file,
        "Path of the Dockerfile; if not given, Dockerfile in the context, or else in the directory that the job runs in"
    )
    package static let dockerfileInline = OptionDefinition(
        "dockerfile-inline",
        .text,
        "The text of a Dockerfile, in place of a file"
    )
    package static let context = OptionDefinition(
        "context",
        .text,
        default: ".",
        path: .directory,
        "The directory that is sent to the builder"
    )
    package static let target = OptionDefinition("target", .text, "The stage to build; the last one if not given")
    package static let buildArguments = OptionDefinition(
        "build-args",
        argument: "build-arg",
        .list,
        of: .pairs,
        "Build arguments: NAME=value, or NAME to take the value from the environment"
    )
    package static let additionalBuildArguments = OptionDefinition(
        "additional-build-args",
        .text,
        takesAnyWord: true,
        "Further arguments for docker build in one text, split into words as a shell splits them"
    )
    package static let secrets = OptionDefinition(
        "secrets",
        argument: "secret",
        .list,
        of: .identified,
        "Build secrets: NAME for the variable of that name, or id=NAME,src=FILE; needs BuildKit"
    )
    package static let platform = OptionDefinition(
        "platform",
        .text,
        "The platform to build for, such as linux/arm64; the daemon's own if not given"
    )
    package static let cacheKey = OptionDefinition(
        "cache-key",
        .list,
        "What the key is made of in place of Dockerfile, context, build arguments and secrets: texts, and paths or "
            + "globs (with a / in them) whose contents count; a single text may have several, with commas between them"
    )
    package static let keyInputs = OptionDefinition(
        "key-inputs",
        .choice(["copied", "context"]),
        default: "copied",
        "How much of Dockerfile and context counts: copied, only the stages that the target needs and what they take "
            + "from the context; context, all of both"
    )
    package static let baseImages = OptionDefinition(
        "base-images",
        .choice(["tag", "pin"]),
        default: "tag",
        "How base images count: tag, by their names in the Dockerfile; pin, by what these names stand for now, which "
            + "the registry is asked for in every lookup"
    )
    package static let strategy = OptionDefinition(
        "strategy",
        .choice(["artifact", "build", "hybrid"]),
        default: "hybrid",
        "artifact takes the finished image or builds without layers from the registry; build never takes the "
            + "finished image; hybrid takes the finished image or builds with layers"
    )
    package static let layerCache = OptionDefinition(
        "layer-cache",
        .choice(["auto", "inline", "max", "off"]),
        default: "auto",
        "What is kept for builds elsewhere to take layers from: inline, in the image itself, the layers of the stage "
            + "that is built; max, in the registry, those of all stages (needs buildx with a driver that exports); "
            + "off, nothing, and none are taken; auto, inline where the builder can"
    )
    package static let cacheFrom = OptionDefinition(
        "cache-from",
        .list,
        of: .fields,
        "Further images to take layers from, beside the fallback image; with buildx also its other kinds, such as "
            + "type=local,src=DIRECTORY"
    )
    package static let tag = OptionDefinition(
        "tag",
        .text,
        default: "cache",
        "What the tags of cache images begin with"
    )
    package static let fallbackTag = OptionDefinition(
        "fallback-tag",
        .text,
        default: "latest",
        "The tag of the newest build, from which layers are taken"
    )
    package static let tags = OptionDefinition(
        "tags",
        .list,
        "Further tags for the image in the registry, set on a hit and after a build; no layer is moved for them"
    )
    package static let localTags = OptionDefinition(
        "local-tags",
        .list,
        "Further tags for the image in the agent's daemon, set on a hit and after a build; gc keeps an image that "
            + "has one"
    )
    package static let publish = OptionDefinition(
        "publish",
        .text,
        "Writes the image's reference by digest to the build's meta-data, for later steps on any agent: true uses the "
            + "last part of the image's name, any other text is the name"
    )
    package static let maxAgeDays = OptionDefinition(
        "max-age-days",
        .number,
        default: "30",
        "How many days after it was built an image expires; fractions allowed"
    )
    package static let save = OptionDefinition(
        "save",
        .boolean,
        default: "true",
        "Whether a built image is saved for next time"
    )
    package static let restore = OptionDefinition(
        "restore",
        .boolean,
        default: "true",
        "Whether a finished image may be taken instead of building"
    )
    package static let readOnly = OptionDefinition(
        "read-only",
        .choice(["auto", "true", "false"]),
        default: "auto",
        "Whether images are taken and never saved, in the registry or the index; auto says true for a build of a pull "
            + "request from another repository, whose author must not decide what others get"
    )
    package static let trustedBranches = OptionDefinition(
        "trusted-branches",
        argument: "trusted-branch",
        .list,
        "Branches whose builds others may use, as names and patterns such as release/*, with ! to exclude and tag:v* "
            + "for git tags; builds of other branches read their images, and write to a repository of their own"
    )
    package static let untrustedRepository = OptionDefinition(
        "untrusted-repository",
        .text,
        "Repository of builds of other branches than the trusted ones; if not given, that of the trusted ones with "
            + "-untrusted at its end; required by the provider buildkite with trusted-branches"
    )
    package static let skipPull = OptionDefinition(
        "skip-pull-from-cache",
        .boolean,
        default: "false",
        "Whether it is enough that the registry has the image: it is not pulled, and the step gets its name in the "
            + "registry"
    )
    package static let registryCheck = OptionDefinition(
        "registry-check",
        .choice(["auto", "never"]),
        default: "auto",
        "auto asks the registry for an image that is not on the agent; never lets the index alone decide"
    )
    package static let onError = OptionDefinition(
        "on-error",
        .choice(["warn", "fail"]),
        default: "warn",
        "What becomes of trouble with the cache, such as a registry that cannot be asked or a tool that is missing: "
            + "warn builds without it, fail stops the step"
    )
    package static let stallTimeout = OptionDefinition(
        "stall-timeout-seconds",
        .number,
        default: "120",
        "How many seconds a pull or a push may make no progress before it is stopped; what becomes of that, on-error "
            + "says"
    )
    package static let pushTimeout = OptionDefinition(
        "push-timeout-seconds",
        .number,
        "How many seconds a push may take before it is stopped; if not given, as long as the build took, and at least "
            + "300"
    )
    package static let exportVariable = OptionDefinition(
        "export-env-variable",
        .text,
        default: Exports.defaultImageVariable,
        "The variable that tells the step its image"
    )
    package static let gc = OptionDefinition(
        "gc",
        .text,
        default: "auto",
        "Whether entries and local images that are not worth keeping are removed after a lookup, at most once an hour "
            + "on a host: auto or off; with limits in place of auto, it is on"
    )
    package static let gcMaxSize = OptionDefinition(
        "gc.max-size",
        .text,
        "The most that local images may come to, such as 20GB; those used longest ago go first"
    )
    package static let gcMaxAgeDays = OptionDefinition(
        "gc.max-age-days",
        .number,
        "How many days after it was built an image goes; if not given, 30, or max-age-days where that is more"
    )
    package static let gcKeep = OptionDefinition(
        "gc.keep",
        .number,
        "How many local images of each name stay: those that were used last"
    )
    package static let annotate = OptionDefinition(
        "annotate",
        .boolean,
        default: "false",
        "Whether the lookups of the build are shown on its page, as an annotation"
    )
    package static let verbose = OptionDefinition(
        "verbose",
        .boolean,
        default: "false",
        "Whether every command is shown as it is run, without the values of build arguments"
    )
    package static let index = OptionDefinition(
        "index",
        .text,
        path: .file,
        "The SQLite file that remembers images and file hashes; if not given, the variable DOCKER_CACHE_INDEX, else "
            + "docker-cache/index.db in $XDG_CACHE_HOME or ~/.cache"
    )

    /// Which image it is, and where it is kept.
    package static let place = [image, provider]

    /// What decides the key: also the options of `docker-cache key` and `docker-cache context`.
    package static let inputs = [
        dockerfile, dockerfileInline, context, target, buildArguments, additionalBuildArguments, secrets, platform,
        keyInputs, baseImages, cacheKey,
    ]

    /// How the image is looked up, and what is done besides.
    package static let lookup = [
        strategy, layerCache, cacheFrom, tag, fallbackTag, tags, localTags, publish, maxAgeDays, save, restore,
        readOnly, trustedBranches, untrustedRepository, skipPull, registryCheck, onError, stallTimeout, pushTimeout,
        exportVariable, gc, gcMaxSize, gcMaxAgeDays, gcKeep, annotate,
    ]

    /// What every command has that uses the index.
    package static let common = [verbose, index]

    /// In the order in which the README lists them.
    package static let all: [OptionDefinition] = place + inputs + lookup + common + ProviderTable.options
}
