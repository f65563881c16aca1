import Docker
import Fingerprint
import FoundationEssentials
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

    /// Reads everything that goes into the key.
    ///
    /// - Parameter docker: asked for its platform, and only if it runs on another machine
    static func compute(
        _ configuration: InputConfiguration,
        docker: () throws -> DockerClient,
        index: LookupIndex,
        surroundings: Surroundings
    ) async throws -> Fingerprinted {
        var inputs = KeyInputs(platform: try await platform(configuration, docker, surroundings).description)
        inputs.target = configuration.target
        var context: ScannedContext?
        var ignoreFile: BuildContext.IgnoreFile?
        if configuration.cacheKey.isEmpty {
            inputs.dockerfile = try dockerfile(configuration)
            let scanned = try scan(configuration, index: index, surroundings: surroundings)
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
        return Fingerprinted(inputs: inputs, key: inputs.key, context: context, ignoreFile: ignoreFile)
    }

    /// Whether the inputs are still what the key was made of: asked after a build, which reads them a second time.
    func isStillTrue(
        _ configuration: InputConfiguration,
        index: LookupIndex,
        surroundings: Surroundings
    ) async throws -> Bool {
        let platform = inputs.platform
        let now = try await Fingerprinted.compute(
            configuration,
            docker: { throw DockerError.clientMissing },
            index: index,
            surroundings: surroundings
        )
        return now.key == key && now.inputs.platform == platform
    }

    /// One line for the log.
    var summary: String {
        guard let context else { return "Key \(key), from the option cache-key." }
        let statistics = context.statistics
        return "Key \(key), from \(statistics.files) files (\(statistics.hashed) read, \(statistics.reused) known)."
    }

    // MARK: The parts

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
            return Array(try Data(contentsOf: URL(filePath: path.string)))
        } catch {
            throw InputError.unreadable(path: path.string, what: what, reason: "\(error)")
        }
    }

    /// The context alone, after its ignore file.
    static func scan(
        _ configuration: InputConfiguration,
        index: LookupIndex,
        surroundings: Surroundings
    ) throws -> (context: ScannedContext, ignoreFile: BuildContext.IgnoreFile?) {
        let context = configuration.buildContext
        do {
            let ignoreFile = try context.ignoreFile()
            let scanner = ContextScanner(root: context.root, patterns: try context.ignorePatterns())
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
