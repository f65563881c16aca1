import Host
import Inputs
import PluginConfiguration
import Docker
import HTTP
import Images
import Providers
import Registry
import SystemPackage

extension Doctor {
    /// Checks the provider's tool, the login and the registry. It remembers nothing and does not log Docker in.
    func runProviderChecks(_ cache: CacheConfiguration, _ tell: (Examination) throws -> Void) async throws {
        let tools = surroundings.providerTools(remembering: NoMemory())
        let place = cache.place
        let repository = await Self.result { () throws(ProviderError) in try await place.provider.repository(tools) }
        try tell(await carryOut(DoctorCheck(.provider) { RegistryFinding.provider(place.providerName, repository) }))
        guard case .success(let repository?) = repository else { return }

        var cache = cache
        cache.place.repository = repository
        let entry = tools.dockerEntry(for: repository.host ?? RegistryReference.defaultHost)
        var ways = type(of: cache.place.provider).loginWays
        if entry == .none { ways.removeAll { $0 == .docker } }
        var refusal: RegistryError?
        let needsLogin = cache.place.provider.loginIdentity(tools) != nil
        if needsLogin, ways.first == .docker { refusal = try await refusalOfDockersLogin(cache, repository) }
        let isDockers = ways.first == .docker && refusal == nil
        let login = await Self.result { () throws(ProviderError) -> ProviderLogin? in
            guard needsLogin, !isDockers else { return nil }
            return try await tools.firstLogin(of: cache.place.provider, to: repository, by: ways).login
        }
        let check = DoctorCheck(.login) { RegistryFinding.login(login, entry: entry, refusal: refusal) }
        try tell(await carryOut(check))

        var credential: RegistryCredential?
        if case .success(.password(let username, let password, _, _)?) = login {
            await tools.redact(password)
            credential = .password(username: username, password: password)
        }
        try await surroundings.withRegistries(of: cache.place, credential: credential) { [cache] access in
            let client = try await access.client(for: repository)
            for check in try registryChecks(cache, repository, client) { try tell(await carryOut(check)) }
        }
    }

    /// Why the registry rejects Docker's login; nil if it accepts it, or if that cannot be determined.
    private func refusalOfDockersLogin(
        _ cache: CacheConfiguration,
        _ repository: RepositoryName
    ) async throws -> RegistryError? {
        let newest = try RegistryReference(ImageReference(repository: repository, tag: cache.place.fallbackTag))
        return try await surroundings.withRegistries(of: cache.place) { access in
            let client = try await access.client(for: repository)
            do throws(RegistryError) {
                _ = try await client.descriptor(of: newest)
                return nil
            } catch {
                return error.isOfLogin ? error : nil
            }
        }
    }

    private func registryChecks(
        _ cache: CacheConfiguration,
        _ repository: RepositoryName,
        _ client: RegistryClient
    ) throws(NameError) -> [DoctorCheck] {
        let newest = try ImageReference(repository: repository, tag: cache.place.fallbackTag)
        let reference = try RegistryReference(newest)
        let presence = Fact {
            let presence = await Self.result { () throws(RegistryError) in try await client.ping() }
            return (presence: presence, time: surroundings.now())
        }
        // An unreachable registry is one problem, not one for every check.
        let asking = { (question: @escaping () async -> Finding) in
            { () async -> Finding in
                guard case .success = await presence.value().presence else {
                    return .skipped("the registry could not be reached")
                }
                return await question()
            }
        }
        return [
            DoctorCheck(.registry) {
                RegistryFinding.presence(await presence.value().presence, host: client.endpoint.name)
            },
            DoctorCheck(
                .clock,
                asking {
                    let (presence, time) = await presence.value()
                    return ClockFinding.judge(here: time, there: (try? presence.get())?.serverTime)
                }
            ),
            DoctorCheck(
                .dockerTrust,
                asking {
                    let presence = try? await presence.value().presence.get()
                    return await self.trust(cache, client.endpoint, isPlain: presence?.isPlain ?? false)
                }
            ),
            DoctorCheck(
                .read,
                asking {
                    let found = await Self.result { () throws(RegistryError) in
                        try await client.descriptor(of: reference)
                    }
                    return RegistryFinding.read(found, reference: newest)
                }
            ),
            DoctorCheck(
                .write,
                asking {
                    guard cache.saves else {
                        return .skipped("nothing is saved: \(cache.readOnlyReason ?? "save is false")")
                    }
                    let trial = await Self.result { () throws(RegistryError) in
                        try await client.tryUpload(to: repository)
                    }
                    return RegistryFinding.write(trial, repository: repository)
                }
            ),
        ]
    }

    private func trust(_ cache: CacheConfiguration, _ endpoint: RegistryEndpoint, isPlain: Bool) async -> Finding {
        do throws(DockerError) {
            let docker = try DockerClient(environment: surroundings.environment, log: surroundings.log)
            var settings = RegistrySettings(environment: [:])
            settings.insecureRegistries = try await docker.insecureRegistries()
            let isListed = endpoint.isInsecure(settings)
            return RegistryFinding.trust(
                host: endpoint.name,
                isPlain: isPlain,
                isInsecure: cache.place.provider.insecureHost != nil,
                RegistryFinding.Listing(isListed: isListed, among: settings.insecureRegistries)
            )
        } catch {
            return .skipped("there is no daemon to ask")
        }
    }

    private static func result<Answer, Failure: Error>(
        _ ask: () async throws(Failure) -> Answer
    ) async -> Result<Answer, Failure> {
        do throws(Failure) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }
}

/// Remembers nothing, so that every query is made again.
private struct NoMemory: ProviderMemory {
    func login(host: String, configuration: String) -> RememberedLogin? { nil }
    func remember(_ login: RememberedLogin?, host: String, configuration: String) {}
    func answer(to question: String) -> String? { nil }
    func remember(_ answer: String, to question: String, endsAt: Int64) {}
}
