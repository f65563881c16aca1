import Buildkite
import Docker
package import Fingerprint
package import Host
import Logging
import PluginConfiguration
import Store
import SystemPackage

/// Reading what a key is made of.
extension KeyComputation {
    func dockerfile() throws -> [UInt8] {
        switch configuration.dockerfile {
        case .inline(let text): return text
        case .file(let path):
            do {
                return try FileContent.bytes(path)
            } catch {
                throw InputError.unreadable(path: path.string, what: "Dockerfile", reason: "\(error)")
            }
        }
    }

    /// The build arguments of the options, and those that docker adds by itself, sorted by name.
    func arguments(_ dockerfile: [UInt8], _ builder: ExpectedBuilder?) -> [BuildArgument] {
        BuildArgument.resolve(
            proxyArguments() + impliedBuildArguments(dockerfile, builder) + configuration.buildArguments,
            environment: surroundings.environment
        )
    }

    /// The docker command hands the proxies of its configuration on as build arguments, unless they are given.
    private func proxyArguments() -> [String] {
        guard
            let directory = DockerConfiguration.directory(
                environment: surroundings.environment,
                home: surroundings.home
            )
        else { return [] }
        do {
            let proxies = try DockerConfiguration(in: directory).proxies(host: surroundings.environment["DOCKER_HOST"])
            return proxies.map { "\($0.name)=\($0.value)" }
        } catch {
            // A build with this configuration fails, and says why.
            surroundings.log.debug("Docker's configuration cannot be read: \(error)")
            return []
        }
    }

    /// buildx hands the variable `SOURCE_DATE_EPOCH` on as a build argument without being asked. It decides content
    /// only where the Dockerfile knows of it; counting it always would make a new key of every commit's time.
    private func impliedBuildArguments(_ dockerfile: [UInt8], _ builder: ExpectedBuilder?) -> [String] {
        let name = "SOURCE_DATE_EPOCH"
        guard surroundings.environment[name] != nil, builder.map({ $0.builder == .buildx }) ?? true,
            String(decoding: dockerfile, as: UTF8.self).contains(name)
        else { return [] }
        return [name]
    }

    /// The context alone, after its ignore file, for those who want nothing else.
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

    func scan(
        _ dialect: IgnoreDialect?,
        scope: ScanScope = .everything
    ) throws -> (context: ScannedContext, ignoreFile: BuildContext.IgnoreFile?) {
        let context = configuration.buildContext
        do {
            let dialect = dialect ?? .current
            let ignoreFile = try context.ignoreFile(dialect: dialect)
            let patterns = try context.ignorePatterns(dialect: dialect)
            var scanner = ContextScanner(root: context.root, patterns: patterns)
            scanner.scope = scope
            return (try scanner.scan(index: index, now: surroundings.now()), ignoreFile)
        } catch {
            throw InputError.context(error)
        }
    }

    /// An index in the context would change it with every lookup, and no key would ever come again.
    func ensureIndexIsOutside(_ context: ScannedContext) throws {
        guard let path = index.path, let place = ResolvedPath.relative(path, to: configuration.context),
            context.entry(at: place.pathBytes) != nil
        else { return }
        throw InputError.indexInContext(path: path.string)
    }

    /// The directories that `--build-context` names. Ignore files of their own are left out of account: what they
    /// leave out counts here, which can only cost a build.
    func namedContexts() throws -> [(name: String, digest: [UInt8])] {
        try (configuration.additionalArguments?.localContexts ?? []).map { context in
            do throws(ContextError) {
                let scanner = ContextScanner(root: FilePath(context.path), patterns: .none)
                return (context.name, try scanner.scan(index: index, now: surroundings.now()).digest.bytes)
            } catch {
                throw InputError.context(error)
            }
        }
    }
}

extension ContextScanner {
    /// Scans with the hashes of the index, if there is one, and shows how far it is if that takes long.
    package func scan(index: LookupIndex, now: Int64) throws(ContextError) -> ScannedContext {
        let shown = HashingProgress(for: .of(.standardError), started: .now) { text in
            // Nobody is left to look when standard error is closed.
            _ = try? FileDescriptor.standardError.writeAll(text.utf8)
        }
        defer { shown.finish() }
        var scanner = self
        scanner.usesStoredHashes = index.trustsHashes
        scanner.isCancelled = { Task.isCancelled }
        scanner.progress = { shown.update($0, now: .now) }
        let context = try scanner.scan(remembering: index.opened?.directoryStates, now: now) { index.giveUp($0) }
        if context.statistics.wrongStoredHashes > 0 { index.warnOfWrongHashes(context.statistics.wrongStoredHashes) }
        return context
    }
}
