import Docker
import Fingerprint
import Images
import Store
import SystemPackage

/// The key of a lookup, and what it was made of.
struct Fingerprinted {
    let inputs: KeyInputs
    let key: Key
    /// The context as it was found; nil where a `cache-key` of the user's own stands in for it.
    let context: ScannedContext?
    /// The file whose patterns left things out of the context.
    let ignoreFile: BuildContext.IgnoreFile?

    let platform: Platform
    /// How the ignore file was read; nil where every builder reads it alike.
    let dialect: IgnoreDialect?

    /// Reads everything that goes into the key.
    ///
    /// - Parameter docker: asked for its platform only if it runs on another machine, and for its version only if the
    ///   ignore file means different things to different builders
    static func compute(
        _ configuration: InputConfiguration,
        docker: () throws -> DockerClient,
        index: LookupIndex,
        surroundings: Surroundings
    ) async throws -> Fingerprinted {
        let platform = try await platform(configuration, docker, surroundings)
        let dialect = try await dialect(configuration, docker: docker, index: index, surroundings: surroundings)
        return try compute(
            configuration,
            platform: platform,
            dialect: dialect,
            index: index,
            surroundings: surroundings
        )
    }

    /// Whether the inputs are still what the key was made of: asked after a build, which reads them a second time.
    func isStillTrue(
        _ configuration: InputConfiguration,
        index: LookupIndex,
        surroundings: Surroundings
    ) throws -> Bool {
        let now = try Self.compute(
            configuration,
            platform: platform,
            dialect: dialect,
            index: index,
            surroundings: surroundings
        )
        return now.key == key
    }

    private static func compute(
        _ configuration: InputConfiguration,
        platform: Platform,
        dialect: IgnoreDialect?,
        index: LookupIndex,
        surroundings: Surroundings
    ) throws -> Fingerprinted {
        var inputs = KeyInputs(platform: platform.description)
        inputs.target = configuration.target
        var context: ScannedContext?
        var ignoreFile: BuildContext.IgnoreFile?
        if configuration.cacheKey.isEmpty {
            inputs.dockerfile = try dockerfile(configuration)
            let scanned = try scan(configuration, dialect: dialect, index: index, surroundings: surroundings)
            try ensureIndexIsOutside(scanned.context, root: configuration.context, index: index)
            inputs.context = scanned.context.digest.bytes
            context = scanned.context
            ignoreFile = scanned.ignoreFile
            inputs.buildArguments = BuildArgument.resolve(
                impliedBuildArguments(inputs.dockerfile ?? [], surroundings) + configuration.buildArguments,
                environment: surroundings.environment
            )
            inputs.additionalArguments = configuration.additionalArguments
            inputs.namedContexts = try namedContexts(configuration, index: index, surroundings: surroundings)
            inputs.secretIdentifiers = configuration.secretIdentifiers
        } else {
            inputs.cacheKey = try CacheKeyFiles.elements(
                configuration.cacheKey,
                index: index,
                now: surroundings.now()
            )
        }
        return Fingerprinted(
            inputs: inputs,
            key: inputs.key,
            context: context,
            ignoreFile: ignoreFile,
            platform: platform,
            dialect: dialect
        )
    }

    /// One line for the log.
    var summary: String {
        guard let context else { return "Key \(key), from the option cache-key." }
        let statistics = context.statistics
        return "Key \(key), from \(statistics.files) files (\(statistics.hashed) read, \(statistics.reused) known)."
    }

    /// What the user should know of the context, or nil.
    var notice: String? {
        guard let context, context.entry(at: Array(".git".utf8)) != nil else { return nil }
        return """
            The context has .git in it, which changes with every commit and differs from clone to clone, and so does \
            the key. Add .git to \(ignoreFile?.path.string ?? ".dockerignore").
            """
    }

    /// What the legacy builder does in another way than BuildKit, if there is such a thing in these inputs; the
    /// beginning of a sentence. Nil if both build the same.
    var legacyDifference: String? {
        let text = String(decoding: inputs.dockerfile ?? [], as: UTF8.self)
        let automatic = ["TARGET", "BUILD"].flatMap { scope in
            ["PLATFORM", "OS", "ARCH", "VARIANT"].map { scope + $0 }
        }
        return automatic.first { text.contains($0) }.map { "The Dockerfile uses \($0), which only BuildKit sets" }
    }

    // MARK: The parts

    /// An index in the context would change it with every lookup, and no key would ever come again.
    private static func ensureIndexIsOutside(_ context: ScannedContext, root: FilePath, index: LookupIndex) throws {
        guard let path = index.path, let place = ResolvedPath.relative(path, to: root),
            context.entry(at: place.pathBytes) != nil
        else { return }
        throw InputError.indexInContext(path: path.string)
    }

    private static func platform(
        _ configuration: InputConfiguration,
        _ docker: () throws -> DockerClient,
        _ surroundings: Surroundings
    ) async throws -> Platform {
        if let given = configuration.platform { return given }
        switch DaemonLocation(environment: surroundings.environment, home: surroundings.home) {
        case .thisMachine: return .thisMachine
        case .elsewhere: return try await docker().serverPlatform()
        }
    }

    private static func dockerfile(_ configuration: InputConfiguration) throws -> [UInt8] {
        switch configuration.dockerfile {
        case .inline(let text): return text
        case .file(let path): return try readFile(path, what: "Dockerfile")
        }
    }

    /// buildx hands the variable `SOURCE_DATE_EPOCH` on as a build argument without being asked. It decides content
    /// only where the Dockerfile knows of it; counting it always would make a new key of every commit's time.
    private static func impliedBuildArguments(_ dockerfile: [UInt8], _ surroundings: Surroundings) -> [String] {
        let name = "SOURCE_DATE_EPOCH"
        guard surroundings.environment[name] != nil,
            String(decoding: dockerfile, as: UTF8.self).contains(name)
        else { return [] }
        return [name]
    }

    private static func readFile(_ path: FilePath, what: String) throws -> [UInt8] {
        do {
            return try FileContent.bytes(path)
        } catch {
            throw InputError.unreadable(path: path.string, what: what, reason: "\(error)")
        }
    }

    /// How the ignore file is to be read; nil where that makes no difference.
    static func dialect(
        _ configuration: InputConfiguration,
        docker: () throws -> DockerClient,
        index: LookupIndex,
        surroundings: Surroundings
    ) async throws -> IgnoreDialect? {
        guard configuration.cacheKey.isEmpty else { return nil }
        do throws(ContextError) {
            guard try configuration.buildContext.dependsOnDialect() else { return nil }
        } catch {
            throw InputError.context(error)
        }
        return try await DialectChoice.dialect(docker, index: index, home: surroundings.home)
    }

    /// The context alone, after its ignore file.
    static func scan(
        _ configuration: InputConfiguration,
        dialect: IgnoreDialect?,
        index: LookupIndex,
        surroundings: Surroundings
    ) throws -> (context: ScannedContext, ignoreFile: BuildContext.IgnoreFile?) {
        let context = configuration.buildContext
        do {
            let dialect = dialect ?? .current
            let ignoreFile = try context.ignoreFile(dialect: dialect)
            let patterns = try context.ignorePatterns(dialect: dialect)
            let scanner = ContextScanner(root: context.root, patterns: patterns)
            return (try scanner.scan(index: index, now: surroundings.now()), ignoreFile)
        } catch {
            throw InputError.context(error)
        }
    }

    /// The directories that `--build-context` names. Ignore files of their own are left out of account: what they
    /// leave out counts here, which can only cost a build.
    private static func namedContexts(
        _ configuration: InputConfiguration,
        index: LookupIndex,
        surroundings: Surroundings
    ) throws -> [(name: String, digest: [UInt8])] {
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
    func scan(index: LookupIndex, now: Int64) throws(ContextError) -> ScannedContext {
        let shown = HashingProgress(for: .of(.standardError), started: .now) { text in
            // Nobody is left to look when standard error is closed.
            _ = try? FileDescriptor.standardError.writeAll(text.utf8)
        }
        defer { shown.finish() }
        var scanner = self
        scanner.usesStoredHashes = index.trustsHashes
        scanner.progress = { shown.update($0, now: .now) }
        let context = try scanner.scan(remembering: index.opened?.directoryStates, now: now) { index.giveUp($0) }
        if context.statistics.wrongStoredHashes > 0 { index.warnOfWrongHashes(context.statistics.wrongStoredHashes) }
        return context
    }
}
