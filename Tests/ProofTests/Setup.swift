import TestSupport

/// The result of comparing a pair: whether the image and the key changed.
enum Verdict: String {
    case same, different
    case falseHit = "false hit"
    case spuriousMiss = "spurious miss"
    /// The keys differ because of something that this image does not show: another builder's platform, or attestations.
    case elsewhere = "different elsewhere"

    init(_ before: Workshop.Built, _ after: Workshop.Built, differsElsewhere: Bool) {
        self =
            switch (before.image == after.image, before.key == after.key) {
            case (true, true): .same
            case (true, false): differsElsewhere ? .elsewhere : .spuriousMiss
            case (false, true): .falseHit
            case (false, false): .different
            }
    }
}

/// The results of the pairs, by kind of change.
struct Tally: CustomStringConvertible {
    var builds = 0
    var refused = 0
    /// The reason and the path of each directory that is kept.
    var kept: [String] = []
    private var counts: [Change: [Verdict: Int]] = [:]

    mutating func count(_ verdict: Verdict, _ change: Change) {
        counts[change, default: [:]][verdict, default: 0] += 1
    }

    subscript(_ verdict: Verdict) -> Int { counts.values.reduce(0) { $0 + ($1[verdict] ?? 0) } }

    var pairs: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    var description: String {
        let changes = Change.allCases.compactMap { change in
            counts[change].map { count in
                "  \(change.rawValue): \(count[.different] ?? 0) changed the image, \(count[.same] ?? 0) did not"
                    + (count[.falseHit].map { ", \($0) false hits" } ?? "")
                    + (count[.spuriousMiss].map { ", \($0) spurious misses" } ?? "")
                    + (count[.elsewhere].map { ", \($0) different elsewhere" } ?? "")
            }
        }
        let total = """
            \(builds) builds, \(refused) refused; \(pairs) pairs, \
            \(self[.different] + self[.falseHit]) changed images, \
            \(self[.different] + self[.spuriousMiss] + self[.elsewhere]) changed keys, \
            \(self[.falseHit]) false hits, \(self[.spuriousMiss]) spurious misses \
            (\(self[.spuriousMiss] * 1_000 / max(pairs, 1)) per 1,000 pairs), \
            \(self[.elsewhere]) with images that differ on another builder or in their attestations
            """
        return (changes + kept + [total]).joined(separator: "\n")
    }
}

/// The settings of the run, from the environment.
enum Setup {
    static let kind = TestSettings.variable("DOCKER_CACHE_TEST_DOCKER_KIND") ?? "of this machine"
    static let seed = TestSettings.seed
    static let pairs = TestSettings.variable("DOCKER_CACHE_TEST_PAIRS").flatMap { Int($0) } ?? 60
    /// The only family of the seed to run. Everything of it is kept.
    static let family = TestSettings.variable("DOCKER_CACHE_TEST_FAMILY").flatMap { Int($0) }
    /// What is kept besides counterexamples: `spurious` keeps spurious misses, `all` keeps everything.
    static let keeps = TestSettings.variable("DOCKER_CACHE_TEST_KEEP")
    static let binary = TestSettings.variable("DOCKER_CACHE_TEST_BIN") ?? root + "/.build/debug/docker-cache"
    static let hasDaemon = kind != "20.10-legacy" && Workshop.run("docker version >/dev/null 2>&1") == 0

    /// The checkout.
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    static func say(_ text: String) { TestSettings.say(text) }
}
