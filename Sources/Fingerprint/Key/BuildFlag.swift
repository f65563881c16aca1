/// A flag of `docker build`, and its effect on the key.
struct BuildFlag: Equatable, Sendable {
    /// How a flag that the user adds affects the key.
    enum Effect: Equatable, Sendable {
        /// Name and value are part of the key: the flag affects the image's content or configuration, or artifacts in
        /// the registry.
        case counts
        /// Only the id in its value is part of the key; the rest says where this machine keeps the secret.
        case countsByIdentifier
        /// Its value belongs to another field of the key: a platform, a stage, an argument, a file, a directory.
        case countsElsewhere
        /// It affects log output, additional files, where layers are looked for, or where the build runs.
        case changesNothing
        /// It prevents the image from ending up where the step needs it.
        case takesImageAway
        /// It gives the image a name, which only a build would do.
        case names
    }

    /// The name with two dashes, or with one for flags that have only a short name.
    let name: String
    /// Whether the next word is its value. Other flags have no value, or only one after `=`.
    let takesValue: Bool
    let effect: Effect

    /// The known flags by every spelling.
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
    /// Limits of memory and processors are part of the key, because a `RUN` sees them. So are `--no-cache` and
    /// `--pull`, because they decide how old the parts of an image may be: a user who adds one does not want the
    /// existing image.
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
        // Entitlements permit what a Dockerfile requests, and without them the build fails. `BUILDX_BUILDER` can choose
        // the builder too; the builder affects the image through its platform, which is part of the key. Layers from a
        // cache are those that the same instructions make.
        (.changesNothing, true, "--allow --builder --cache-from --cache-to --iidfile --metadata-file --progress"),
        (.changesNothing, false, "--compress --debug --force-rm --load --quiet --rm"),
        (.takesImageAway, true, "--call --output"),
        (.takesImageAway, false, "--check --help --push"),
        (.names, true, "--tag"),
    ]
}
