package import Docker
package import Images
import Logging
package import Registry
package import SystemPackage

/// The registry behind a provider, as a lookup uses it: find a cache image, pull it, save one, move the fallback tag.
///
/// Questions go to the registry directly; what moves layers is done by docker. Both use the login that Docker keeps,
/// and before the first of these it is made sure that there is one: once, however many ask at the same time.
package actor CacheRegistry {
    /// Where cache images live.
    package nonisolated let repository: RepositoryName
    private let provider: any Provider
    private let docker: DockerClient
    private let tools: ProviderTools
    private let access: RegistryAccess
    private let progress: FileDescriptor
    private var login: LoginState = .unknown
    /// The login that is being made.
    private var pendingLogin: Task<Void, any Error>?
    /// How many logins docker's refusals have cost.
    private var renewals = 0

    private enum LoginState {
        case unknown
        /// One that an earlier run made: it may be refused after all.
        case remembered(endsAt: Int64)
        case made(endsAt: Int64)
        /// Not tried again in this run.
        case failed(any Error)
    }

    /// - Parameter progress: where docker's own progress goes
    package init(
        provider: any Provider,
        repository: RepositoryName,
        docker: DockerClient,
        access: RegistryAccess,
        tools: ProviderTools,
        progress: FileDescriptor
    ) {
        self.repository = repository
        self.provider = provider
        self.docker = docker
        self.access = access
        self.tools = tools
        self.progress = progress
    }

    // MARK: Questions

    /// Whether the registry, which could not be asked before, answers by now: docker would wait for it much longer.
    package func answersAgain() async -> Bool {
        await access.answersAgain(repository)
    }

    /// Asks for a cache image with its configuration; nil if the registry does not have it.
    ///
    /// Throws ``RegistryError`` if it could not be asked, and ``ProviderError`` or ``DockerError`` if nobody could log
    /// in.
    package func find(_ cacheImage: ImageReference, platform: Platform) async throws -> RegistryImage? {
        let reference = try RegistryReference(cacheImage)
        return try await loggedIn { client async throws(RegistryError) in
            try await client.image(reference, platform: platform)
        }
    }

    /// The digest of what the registry has under that name; nil if it has nothing. Docker is logged in afterwards.
    package func digest(of reference: ImageReference) async throws -> Digest? {
        let reference = try RegistryReference(reference)
        return try await loggedIn { client async throws(RegistryError) in
            try await client.descriptor(of: reference)
        }?.digest
    }

    /// The manifest with that digest, byte for byte; nil if the registry does not have it.
    package func manifest(_ digest: Digest) async throws -> FetchedManifest? {
        let reference = try RegistryReference(repository: repository, digest: digest)
        return try await loggedIn { client async throws(RegistryError) in try await client.manifest(of: reference) }
    }

    /// Whether the registry has a manifest with that digest. One request, and Docker Hub does not count it as a pull.
    package func has(_ digest: Digest) async throws -> Bool {
        let reference = try RegistryReference(repository: repository, digest: digest)
        return try await loggedIn { client async throws(RegistryError) in
            try await client.descriptor(of: reference)
        } != nil
    }

    /// Lets a tag name what is in the repository already. One request; nothing is pushed.
    package func move(_ reference: ImageReference, to manifest: FetchedManifest) async throws {
        try await loggedIn { client async throws(RegistryError) in try await client.putTag(manifest, as: reference) }
    }

    /// Deletes a cache image, if no tag but its own would go with it. False if it is still there.
    package func delete(_ cacheImage: ImageReference) async throws -> Bool {
        let deletion = try await access.client(for: repository).delete(tags: [cacheImage.tag], from: repository)
        return deletion.groups.allSatisfy { $0.outcome == .deleted }
    }

    /// All tags of the repository; nil if it is not there.
    package func tags() async throws -> [String]? {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in try await client.tags(of: repository) }
    }

    /// Deletes tags, and nothing that other tags need; see ``RegistryClient/delete(tags:from:isRehearsal:)``.
    package func delete(_ tags: Set<String>, isRehearsal: Bool) async throws -> TagDeletion {
        let repository = repository
        return try await loggedIn { client async throws(RegistryError) in
            try await client.delete(tags: tags, from: repository, isRehearsal: isRehearsal)
        }
    }

    // MARK: Layers

    /// Pulls the image with that digest to the agent, whatever its tag names by now.
    package func pull(_ digest: Digest, platform: Platform?) async throws -> DockerClient.PullResult {
        let (docker, repository, progress) = (docker, repository, progress)
        return try await withDockersLogin {
            try await docker.pull(repository, digest: digest, platform: platform, progress: progress)
        }
    }

    /// Pushes the image with the id `image` as `reference`. Makes the repository if the registry says that it is
    /// missing.
    ///
    /// - Parameter limit: how long the push may take, also where it makes progress
    package func push(
        _ image: String,
        as reference: ImageReference,
        limit: Duration
    ) async throws -> DockerClient.PushResult {
        try await logIn()
        try await docker.tag(image, as: reference)
        do {
            let (docker, progress) = (docker, progress)
            return try await withDockersLogin { try await docker.push(reference, limit: limit, progress: progress) }
        } catch let error as DockerError {
            guard error.mayBeMissingRepository, try await provider.createRepository(repository, tools) else {
                throw error
            }
            tools.log.notice("Made the repository \(repository).")
            return try await docker.push(reference, limit: limit, progress: progress)
        }
    }

    /// Does what is to be done for the repository after something was saved in it.
    package func maintain() async throws(ProviderError) {
        try await provider.maintain(repository, tools)
    }

    // MARK: Login

    /// Asks the registry, and if it does not accept a login of an earlier run, once more with a new one.
    private func loggedIn<Result: Sendable>(
        _ ask: (RegistryClient) async throws(RegistryError) -> Result
    ) async throws -> Result {
        try await logIn()
        let wasRemembered = isRemembered
        let client = try await access.client(for: repository)
        do throws(RegistryError) {
            return try await ask(client)
        } catch {
            guard [.unauthorised, .forbidden].contains(error.reason), wasRemembered else { throw error }
            tools.log.debug("\(repository) does not accept the login that is remembered: \(error)")
            // Another question may have renewed it meanwhile.
            if isRemembered { forgetLogin() }
            try await logIn()
            return try await ask(access.client(for: repository))
        }
    }

    private var isRemembered: Bool { if case .remembered = login { true } else { false } }

    /// Lets docker move layers, and if the registry does not accept its login, once more with a new one: another job
    /// may have put its own in its place.
    private func withDockersLogin<Result>(_ move: () async throws -> Result) async throws -> Result {
        try await logIn()
        let before = renewals
        do {
            return try await move()
        } catch let error as DockerError where error.isUnauthorized && provider.loginIdentity(tools) != nil {
            // One that another move has renewed meanwhile has not been tried yet.
            if renewals == before {
                guard renewals == 0 else { throw error }
                renewals += 1
                forgetLogin()
            }
            try await logIn()
            return try await move()
        }
    }

    private var host: String { repository.host ?? RegistryReference.defaultHost }

    /// How much longer a login has to last than now, so that it does not end in the middle of something.
    private static let margin: Int64 = 30_000
    /// How long a login that does not end by itself is remembered. Whether Docker still has it is looked up each time.
    private static let usualLifetime: Int64 = 30 * 86_400_000

    /// Makes sure that Docker is logged in, unless that was done in an earlier run and still holds.
    private func logIn() async throws {
        guard let identity = provider.loginIdentity(tools) else { return }
        if let pendingLogin { return try await pendingLogin.value }
        switch login {
        case .failed(let error): throw error
        case .remembered(let endsAt), .made(let endsAt):
            if tools.now() + Self.margin < endsAt { return }
        case .unknown:
            if let known = tools.memory.login(host: host, configuration: tools.dockerConfiguration),
                known.identity == identity, tools.now() + Self.margin < known.endsAt, tools.dockerHasEntry(for: host)
            {
                login = .remembered(endsAt: known.endsAt)
                return
            }
        }
        let making = Task { try await makeLogin(as: identity) }
        pendingLogin = making
        try await withTaskCancellationHandler {
            try await making.value
        } onCancel: {
            making.cancel()
        }
    }

    private func forgetLogin() {
        tools.memory.remember(nil, host: host, configuration: tools.dockerConfiguration)
        login = .unknown
    }

    private func makeLogin(as identity: String) async throws {
        // Before anyone who waits for it goes on.
        defer { pendingLogin = nil }
        do {
            login = .made(endsAt: try await logInAnew(as: identity))
        } catch {
            // Who was told to stop has found out nothing.
            if !Task.isCancelled { login = .failed(error) }
            throw error
        }
    }

    /// Returns when the login ends, in milliseconds since 1970.
    private func logInAnew(as identity: String) async throws -> Int64 {
        var lifetime = Self.usualLifetime
        switch try await provider.login(to: repository, tools) {
        case .helper: break
        case .password(let username, let password, let given):
            await tools.redact(password)
            try await docker.logIn(to: host, username: username, password: password)
            if let given { lifetime = given.components.seconds * 1000 }
        }
        let endsAt = tools.now() + lifetime
        tools.memory.remember(
            RememberedLogin(identity: identity, endsAt: endsAt),
            host: host,
            configuration: tools.dockerConfiguration
        )
        // The one that was used so far may have been told that there are no credentials.
        _ = try await access.renewedClient(for: repository)
        return endsAt
    }
}
