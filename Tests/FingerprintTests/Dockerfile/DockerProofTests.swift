import CLibrary
import Fingerprint
import SystemPackage
import TestSupport
import Testing

/// Random Dockerfiles with random changes, built by the real daemon: if the images differ, the keys must differ.
@Suite(.enabled(if: RealBuilder.buildKit != nil, "no Docker daemon with BuildKit answers"), .serialized)
struct DockerProofTests {
    static let seed = DockerContextTests.seed
    static let families = getenv("DOCKER_CACHE_TEST_FAMILIES").flatMap { Int(String(cString: $0)) } ?? 4
    static let changes = 10

    private struct Outcome {
        let key: Key
        let isPrecise: Bool
        /// The digest of the image's files; nil if the builder rejected the build.
        let image: ContextDigest?
        let description: String
    }

    @Test func imagesThatDifferHaveKeysThatDiffer() throws {
        print("random Dockerfiles: seed \(Self.seed), busybox: \(RealBuilder.hasBusybox)")
        var random = SeededGenerator(seed: Self.seed)
        var counts = (built: 0, precise: 0, refused: 0, pairs: 0, same: 0, spared: 0)
        for _ in 0..<Self.families {
            var build = RandomBuild(hasBusybox: RealBuilder.hasBusybox, using: &random)
            var outcomes: [Outcome] = []
            for _ in 0...Self.changes {
                // A change that breaks the build is undone.
                var changed = build
                if !outcomes.isEmpty { changed.change(using: &random) }
                let outcome = try outcome(of: changed)
                counts.built += 1
                guard outcome.image != nil else {
                    counts.refused += 1
                    if outcomes.isEmpty { build = RandomBuild(hasBusybox: RealBuilder.hasBusybox, using: &random) }
                    continue
                }
                build = changed
                counts.precise += outcome.isPrecise ? 1 : 0
                for earlier in outcomes {
                    let isSameImage = earlier.image == outcome.image
                    let isSameKey = earlier.key == outcome.key
                    counts.pairs += 1
                    counts.same += isSameImage ? 1 : 0
                    counts.spared += isSameImage && isSameKey ? 1 : 0
                    #expect(
                        isSameImage || !isSameKey,
                        """
                        seed \(Self.seed): two images with the same key
                        \(earlier.description)
                        \(outcome.description)
                        """
                    )
                }
                outcomes.append(outcome)
            }
        }
        print(
            """
            \(counts.built) builds, \(counts.precise) precise, \(counts.refused) refused; \(counts.pairs) pairs, \
            \(counts.same) with the same image, of these \(counts.same - counts.spared) with different keys
            """
        )
    }

    private func outcome(of build: RandomBuild) throws -> Outcome {
        try withTree { tree in
            try build.write(to: tree)
            let (key, isPrecise) = try key(of: build, in: tree)
            let arguments = build.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let builder = try #require(RealBuilder.buildKit)
            let image = try builder.build(tree.root, target: build.target, arguments: arguments)
            return Outcome(
                key: key,
                isPrecise: isPrecise,
                image: image,
                description: """
                    \(build.dockerfile)target \(build.target ?? "-") arguments \(arguments) ignored \(build.ignored)
                    \(build.nodes.sorted { $0.key < $1.key })
                    """
            )
        }
    }

    /// The key, computed as in a lookup. The base images add nothing: see `busybox` below.
    private func key(of build: RandomBuild, in tree: Tree) throws -> (key: Key, isPrecise: Bool) {
        let root = tree.path("ctx")
        let patterns = try BuildContext(root: root, dockerfile: nil).ignorePatterns(
            dialect: #require(RealBuilder.buildKit).dialect
        )
        var scanner = ContextScanner(root: root, patterns: patterns)
        let arguments = BuildArgument.resolve(build.arguments.map { "\($0.key)=\($0.value)" }, environment: [:])
        let parameters = DockerfileParameters(
            target: build.target,
            buildArguments: arguments,
            platform: "linux/amd64"
        )
        let dockerfile = Array(build.dockerfile.utf8)
        let precise = PreciseInputs(dockerfile: dockerfile, parameters: parameters)
        let facts = { (_: BaseImage) in BaseImageFacts(triggers: [], environment: ["PATH=/bin"]) }
        if case .precise(let inputs) = precise { scanner.scope = ScanScope(covering: inputs.sources.map(\.plainPath)) }
        var context = try scanner.scan().context
        var coverage = InputCoverage(precise, context: context, facts: facts)
        if case .whole = coverage {
            scanner.scope = .everything
            context = try scanner.scan().context
            let target = BuildContext(root: root, dockerfile: nil).target(ofLink:)
            coverage = InputCoverage(precise, context: context, target: target, facts: facts)
        }
        var inputs = KeyInputs(platform: "linux/amd64")
        inputs.target = build.target
        inputs.cover(
            coverage,
            dockerfile: dockerfile,
            context: context,
            arguments: arguments,
            buildPlatform: "linux/amd64"
        )
        guard case .copied = coverage else { return (inputs.key, false) }
        return (inputs.key, true)
    }
}

extension RealBuilder {
    static let busybox = "docker-cache-test/busybox"

    static let hasBusybox = run("\(buildKit?.client ?? "docker") image inspect \(busybox) >/dev/null 2>&1") == 0

    /// Builds `ctx` with the `Dockerfile` next to it. Returns nil if the builder rejects it.
    func build(_ directory: FilePath, target: String?, arguments: [String]) throws -> ContextDigest? {
        let flags = (target.map { ["--target", $0] } ?? []) + arguments.flatMap { ["--build-arg", $0] }
        let link = Self.freshName()
        let script = """
            cd '\(directory)' && mkdir image && ln -s ctx \(link) &&
            DOCKER_BUILDKIT=1 \(client) build -q --no-cache -f Dockerfile --network none -o type=tar,dest=image.tar \
                \(flags.joined(separator: " ")) '\(directory)/\(link)' >log 2>&1 && tar -xpmf image.tar -C image
            """
        guard Self.run(script) == 0 else {
            return nil
        }
        return try ContextScanner(root: directory.appending("image"), patterns: .none).scan().context.digest
    }
}
