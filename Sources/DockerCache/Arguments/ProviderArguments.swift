import ArgumentParser
import Buildkite
import Options
import Providers

/// The command line's side of the providers' own options.
struct ProviderArguments: ParsableArguments {
    @Option(name: .option(RegistryProvider.url), help: .option(RegistryProvider.url))
    var registryURL: String?

    @Option(name: .option(RegistryProvider.repositoryOption), help: .option(RegistryProvider.repositoryOption))
    var registryRepository: String?

    @Option(name: .option(RegistryProvider.username), help: .option(RegistryProvider.username))
    var registryUsername: String?

    @Option(name: .option(RegistryProvider.password), help: .option(RegistryProvider.password))
    var registryPassword: String?

    @Option(name: .option(ECRProvider.region), help: .option(ECRProvider.region))
    var ecrRegion: String?

    @Option(name: .option(ECRProvider.accountID), help: .option(ECRProvider.accountID))
    var ecrAccountID: String?

    @Option(name: .option(ECRProvider.registryURL), help: .option(ECRProvider.registryURL))
    var ecrRegistryURL: String?

    @Option(name: .option(ECRProvider.lifecycleDays), help: .option(ECRProvider.lifecycleDays))
    var ecrLifecycleDays: String?

    @Option(name: .option(GARProvider.project), help: .option(GARProvider.project))
    var garProject: String?

    @Option(name: .option(GARProvider.region), help: .option(GARProvider.region))
    var garRegion: String?

    @Option(name: .option(GARProvider.repositoryOption), help: .option(GARProvider.repositoryOption))
    var garRepository: String?

    @Option(name: .option(ACRProvider.registryName), help: .option(ACRProvider.registryName))
    var acrRegistryName: String?

    @Option(name: .option(ACRProvider.repositoryOption), help: .option(ACRProvider.repositoryOption))
    var acrRepository: String?

    @Option(name: .option(BuildkiteProvider.organization), help: .option(BuildkiteProvider.organization))
    var buildkiteOrganization: String?

    @Option(name: .option(BuildkiteProvider.registry), help: .option(BuildkiteProvider.registry))
    var buildkiteRegistry: String?

    @Option(
        name: .option(BuildkiteProvider.method),
        help: .option(BuildkiteProvider.method),
        completion: .option(BuildkiteProvider.method)
    )
    var buildkiteMethod: String?

    @Option(name: .option(BuildkiteProvider.token), help: .option(BuildkiteProvider.token))
    var buildkiteToken: String?

    @Option(name: .option(ArtifactoryProvider.registryURL), help: .option(ArtifactoryProvider.registryURL))
    var artifactoryRegistryURL: String?

    @Option(name: .option(ArtifactoryProvider.username), help: .option(ArtifactoryProvider.username))
    var artifactoryUsername: String?

    @Option(name: .option(ArtifactoryProvider.token), help: .option(ArtifactoryProvider.token))
    var artifactoryToken: String?

    @Option(name: .option(ArtifactoryProvider.repositoryOption), help: .option(ArtifactoryProvider.repositoryOption))
    var artifactoryRepository: String?

    @Flag(
        name: .option(RegistryProvider.insecure),
        inversion: .prefixedNo,
        help: .option(RegistryProvider.insecure)
    )
    var registryInsecure: Bool?

    /// What was given.
    func add(to values: inout OptionValues) {
        values.set(RegistryProvider.url, to: registryURL)
        values.set(RegistryProvider.repositoryOption, to: registryRepository)
        values.set(RegistryProvider.username, to: registryUsername)
        values.set(RegistryProvider.password, to: registryPassword)
        values.set(ECRProvider.region, to: ecrRegion)
        values.set(ECRProvider.accountID, to: ecrAccountID)
        values.set(ECRProvider.registryURL, to: ecrRegistryURL)
        values.set(ECRProvider.lifecycleDays, to: ecrLifecycleDays)
        values.set(GARProvider.project, to: garProject)
        values.set(GARProvider.region, to: garRegion)
        values.set(GARProvider.repositoryOption, to: garRepository)
        values.set(ACRProvider.registryName, to: acrRegistryName)
        values.set(ACRProvider.repositoryOption, to: acrRepository)
        values.set(BuildkiteProvider.organization, to: buildkiteOrganization)
        values.set(BuildkiteProvider.registry, to: buildkiteRegistry)
        values.set(BuildkiteProvider.method, to: buildkiteMethod)
        values.set(BuildkiteProvider.token, to: buildkiteToken)
        values.set(ArtifactoryProvider.registryURL, to: artifactoryRegistryURL)
        values.set(ArtifactoryProvider.username, to: artifactoryUsername)
        values.set(ArtifactoryProvider.token, to: artifactoryToken)
        values.set(ArtifactoryProvider.repositoryOption, to: artifactoryRepository)
        values.set(RegistryProvider.insecure, to: registryInsecure)
    }
}
