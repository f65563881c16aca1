import Buildkite
import Docker
package import Fingerprint
package import Host
import Logging
import PluginConfiguration
import Store
import SystemPackage

/// Reads the inputs of a key.
extension KeyComputation {
    func dockerfile(_ builder: ExpectedBuilder?) throws -> [UInt8] {
        switch configuration.dockerfile {
        case .inline(let text): return text
        case .file(let path):
            do throws(ContextError) {
                return try configuration.buildContext.dockerfileContent(dialect: builder?.dialect ?? .current) ?? []
            } catch .unreadable(_, let reason) {
                throw InputError.unreadable(path: path.string, what: .dockerfile, reason: "\(reason)")
            } catch {
                throw InputError.context(error)
            }
        }
    }

    /// All build arguments as the builder gets them, sorted by name: those that docker adds by itself, those of the
    /// options, and those of the additional arguments. The last one of a name wins. Arguments that BuildKit itself
    /// reads and that change nothing are left out.
    func arguments(_ dockerfile: [UInt8], _ builder: ExpectedBuilder?) -> [BuildArgument] {
        let given = configuration.buildArguments + (configuration.additionalArguments?.buildArguments ?? [])
        let arguments = BuildArgument.resolve(
            proxyArguments() + impliedBuildArguments(dockerfile, builder) + given,
            environment: surroundings.environment,
            unsetTakesAway: builder.map { $0.builder != .buildx } ?? false
        )
        let text = String(decoding: dockerfile, as: UTF8.self)
        return arguments.filter { !$0.changesNothingByItself || text.contains($0.name) }
    }

    /// What reads the Dockerfile. The legacy builder supports no other frontend.
    func frontEnd(_ dockerfile: [UInt8], _ arguments: [BuildArgument], _ builder: ExpectedBuilder?) -> FrontEnd {
        if let builder, !builder.builder.isBuildKit { return .docker }
        return FrontEnd(of: dockerfile, arguments: arguments)
    }

    /// The variables that decide the image without being arguments, with their values for the key.
    func countedVariables(_ builder: ExpectedBuilder?) throws -> [(name: String, value: [UInt8])] {
        try BuildEnvironment.counted(surroundings.environment, by: builder?.builder ?? .buildx) { path in
            do {
                return try FileContent.digest(FilePath(path))
            } catch {
                throw InputError.unreadable(
                    path: path,
                    what: .sourcePolicy,
                    reason: "\(error)"
                )
            }
        }
    }

    /// Whether the environment names a policy that can replace images of the Dockerfile.
    func replacesSources(_ builder: ExpectedBuilder?) -> Bool {
        BuildEnvironment.policy(surroundings.environment, by: builder?.builder ?? .buildx) != nil
    }

    /// Why the inputs cannot be determined from the Dockerfile if there is such a policy.
    static let replacement = DockerfileError(
        line: 0,
        problem: "the policy that \(BuildEnvironment.sourcePolicy) names can replace base images"
    )

    /// What a frontend that is not Docker's own can read from the Dockerfile's location: its name, and the contents of
    /// its directory if that is outside the context.
    func dockerfilePlace() throws -> [UInt8] {
        let context = configuration.buildContext
        let name = context.dockerfile?.lastComponent?.string ?? ""
        guard let directory = context.directoryBeside else { return Array(name.utf8) }
        let scanned: ScannedContext
        do throws(ContextError) {
            let scanner = ContextScanner(root: directory, patterns: .none)
            scanned = try scanner.scan(index: index, now: surroundings.now())
        } catch {
            throw InputError.context(error)
        }
        try ensureIndexIsOutside(scanned, directory)
        return Array("\(name)/".utf8) + scanned.digest.bytes
    }

    /// The docker command passes the proxies of its configuration on as build arguments, unless they are given.
    private func proxyArguments() -> [String] {
        guard
            let directory = DockerConfiguration.directory(
                environment: surroundings.environment,
                home: surroundings.home
            )
        else { return [] }
        do {
            let address = DaemonLocation.address(environment: surroundings.environment, home: surroundings.home)
            let proxies = try DockerConfiguration(in: directory).proxies(host: try? address.get())
            return proxies.map { "\($0.name)=\($0.value)" }
        } catch {
            // A build with this configuration fails with its own error.
            surroundings.log.debug("Docker's configuration cannot be read: \(error)")
            return []
        }
    }

    /// buildx always passes the variable `SOURCE_DATE_EPOCH` on as a build argument. It affects content only if the
    /// Dockerfile mentions it. If it were always in the key, every commit's time would create a new key.
    private func impliedBuildArguments(_ dockerfile: [UInt8], _ builder: ExpectedBuilder?) -> [String] {
        let name = "SOURCE_DATE_EPOCH"
        guard surroundings.environment[name] != nil, builder.map({ $0.builder == .buildx }) ?? true,
            String(decoding: dockerfile, as: UTF8.self).contains(name)
        else { return [] }
        return [name]
    }

    /// Only the context, after its ignore file.
    package func context() async throws -> (
        context: ScannedContext, ignoreFile: BuildContext.IgnoreFile?, dialect: IgnoreDialect
    ) {
        var dialect: IgnoreDialect?
        if try dependsOnDialect() {
            dialect = try await ExpectedBuilder.find(docker, index: index, home: surroundings.home)?.dialect
        }
        let (context, ignoreFile) = try scan(dialect)
        return (context, ignoreFile, dialect ?? .current)
    }

    /// - Parameter frontEnd: one that is not Docker's own may read what the ignore file excludes
    func scan(
        _ dialect: IgnoreDialect?,
        scope: ScanScope = .everything,
        frontEnd: FrontEnd = .docker
    ) throws -> (context: ScannedContext, ignoreFile: BuildContext.IgnoreFile?) {
        let context = configuration.buildContext
        do {
            guard frontEnd == .docker else {
                let scanner = ContextScanner(root: context.root, patterns: .none)
                return (try scanner.scan(index: index, now: surroundings.now()), nil)
            }
            let dialect = dialect ?? .current
            let ignoreFile = try context.ignoreFile(dialect: dialect)
            let patterns = try context.patterns(of: ignoreFile, dialect: dialect)
            var scanner = ContextScanner(root: context.root, patterns: patterns)
            scanner.scope = scope
            return (try scanner.scan(index: index, now: surroundings.now()), ignoreFile)
        } catch {
            throw InputError.context(error)
        }
    }

    /// An index inside the hashed files would change the key with every lookup, and no key would ever recur.
    func ensureIndexIsOutside(_ context: ScannedContext, _ root: FilePath) throws {
        guard let path = index.path, let place = ResolvedPath.relative(path, to: root),
            context.entry(at: place.pathBytes) != nil
        else { return }
        throw InputError.indexInContext(path: path.string)
    }

    /// The directories that `--build-context` names and that are in the key, each without what the `.dockerignore` at
    /// its root excludes. Only buildx supports named contexts, and it reads no other ignore file for them.
    func namedContexts(
        _ frontEnd: FrontEnd,
        _ coverage: InputCoverage
    ) throws -> [(name: String, digest: [UInt8])] {
        let contexts = (configuration.additionalArguments?.localContexts ?? []).filter { context in
            if case .copied(let inputs, _) = coverage { inputs.namedContexts.contains(context.name) } else { true }
        }
        return try contexts.map { context in
            do throws(ContextError) {
                let named = BuildContext(root: FilePath(context.path), dockerfile: nil)
                let isWhole = context.isLayout || frontEnd != .docker
                let patterns = isWhole ? .none : try named.ignorePatterns()
                let scanner = ContextScanner(root: named.root, patterns: patterns)
                return (context.name, try scanner.scan(index: index, now: surroundings.now()).digest.bytes)
            } catch {
                throw InputError.context(error)
            }
        }
    }
}

extension ContextScanner {
    /// Scans with the hashes of the index, if there is one, and shows the progress of a long scan.
    package func scan(index: LookupIndex, now: Int64) throws(ContextError) -> ScannedContext {
        let shown = HashingProgress(for: .of(.standardError), started: .now) { text in
            // A closed standard error has no reader.
            _ = try? FileDescriptor.standardError.writeAll(text.utf8)
        }
        defer { shown.finish() }
        var scanner = self
        scanner.usesStoredHashes = index.trustsHashes
        scanner.isCancelled = { Task.isCancelled }
        scanner.progress = { shown.update($0, now: .now) }
        let context = try scanner.scan(remembering: index.opened?.directoryStates, now: now) { index.report($0) }
        if context.statistics.damagedRecords > 0 { index.warnOfDamagedRecords(context.statistics.damagedRecords) }
        if context.statistics.wrongStoredHashes > 0 { index.warnOfWrongHashes(context.statistics.wrongStoredHashes) }
        return context
    }
}
