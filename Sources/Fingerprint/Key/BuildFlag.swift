/// A flag of `docker build`, and what it means for the key.
struct BuildFlag: Equatable, Sendable {
    /// What a flag that the user adds does to the key.
    enum Effect: Equatable, Sendable {
        /// Name and value count: it decides what is in the image, in its configuration, or beside it in the registry.
        case counts
        /// Only the id in its value counts; the rest says where this machine keeps the secret.
        case countsByIdentifier
        /// What it names counts under another field of the key: a platform, a stage, an argument, a file, a directory.
        case countsElsewhere
        /// Log output, files beside the image, where layers are looked for, where the build is run.
        case changesNothing
        /// No image ends where the step needs it.
        case takesImageAway
        /// A name that only a build would give the image.
        case names
    }

    /// With two dashes, or with one for those that have only that.
    let name: String
    /// Whether the next word is its value; the others stand alone, or take a value only after `=`.
    let takesValue: Bool
    let effect: Effect

    /// By every way to write it.
    static let known: [String: BuildFlag] = {
        var known: [String: BuildFlag] = [:]
        for (effect, takesValue, names) in table {
            for name in names.split(whereSeparator: \.isWhitespace).map(String.init) {
                known[name] = BuildFlag(name: name, takesValue: takesValue, effect: effect)
            }
        }
        for (short, long) in shortNames { known[short] = known[long] }
        return known
    }()

    private static let shortNames = [
        "-D": "--debug", "-c": "--cpu-shares", "-f": "--file", "-m": "--memory", "-o": "--output", "-q": "--quiet",
        "-t": "--tag",
    ]

    /// All flags of docker 20.10 to 29 and buildx 0.13 to 0.31.
    ///
    /// Limits of memory and processors count, because a `RUN` sees them. `--no-cache` and `--pull` count, because they
    /// decide how old the parts of an image may be; someone who adds one wants another image than the one there is.
    private static let table: [(Effect, takesValue: Bool, String)] = [
        (
            .counts, true,
            """
            --add-host --annotation --attest --cgroup-parent --cpu-period --cpu-quota --cpu-shares --cpuset-cpus \
            --cpuset-mems --isolation --label --memory --memory-swap --network --no-cache-filter --policy \
            --provenance --sbom --security-opt --shm-size --ulimit
            """
        ),
        (.counts, false, "--disable-content-trust --no-cache --pull --squash"),
        (.countsByIdentifier, true, "--secret --ssh"),
        (.countsElsewhere, true, "--build-arg --build-context --file --platform --target"),
        // Entitlements allow a Dockerfile what it asks for, and without them the build fails. The builder is chosen by
        // BUILDX_BUILDER too, and what decides the image of it is its platform, which counts. Layers from a cache are
        // those that the same instructions make.
        (.changesNothing, true, "--allow --builder --cache-from --cache-to --iidfile --metadata-file --progress"),
        (.changesNothing, false, "--compress --debug --force-rm --load --quiet --rm"),
        (.takesImageAway, true, "--call --output"),
        (.takesImageAway, false, "--check --help --push"),
        (.names, true, "--tag"),
    ]
}
