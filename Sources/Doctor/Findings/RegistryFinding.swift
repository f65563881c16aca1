import Formatting
import Images
import Providers
import Registry

/// The verdicts on the answers of a provider and its registry.
enum RegistryFinding {
    /// The verdict on the provider, and on the name that its options give.
    package static func provider(_ name: String, _ repository: Result<RepositoryName?, ProviderError>) -> Finding {
        switch repository {
        case .success(let repository?): .ok("\(name): \(repository)")
        case .success(nil): .ok("\(name): images stay in the daemon of this machine")
        case .failure(let error): .problem("\(name): \(error)")
        }
    }

    /// The verdict on the available login.
    ///
    /// - Parameters:
    ///   - login: nil if no login is needed, or if Docker's own is used
    ///   - entry: what Docker's own configuration has for the registry
    ///   - refusal: why the registry does not accept that entry
    package static func login(
        _ login: Result<ProviderLogin?, ProviderError>,
        entry: DockerEntry,
        refusal: RegistryError?
    ) -> Finding {
        let unlike = refusal == nil ? "" : "; what Docker has is not accepted"
        switch login {
        case .success(.password(let username, _, _, let origin)?):
            return .ok("there is a password for \(username), from \(origin)\(unlike)")
        case .success(.helper?): return .ok("Docker's configuration names a credential helper\(unlike)")
        case .success(nil):
            switch entry {
            case .none: return .ok("none: requests are sent without credentials")
            case .stored: return .ok("Docker's own, in its configuration")
            case .helper: return .ok("Docker's own, from a credential helper")
            }
        case .failure(let error): return .problem(error)
        }
    }

    /// Whether the registry responds.
    package static func presence(_ presence: Result<RegistryPresence, RegistryError>, host: String) -> Finding {
        switch presence {
        case .success(let presence):
            .ok("\(host) answers\(presence.wantsCredentials ? " and wants credentials" : "")")
        case .failure(let error): failed(error)
        }
    }

    /// Whether the registry allows pulls.
    ///
    /// - Parameter found: what the newest build's tag names; nil if there is no such tag
    package static func read(_ found: Result<Descriptor?, RegistryError>, reference: ImageReference) -> Finding {
        switch found {
        case .success(.some): .ok("\(reference) is there")
        case .success(nil): .ok("nothing is there yet under \(reference)")
        case .failure(let error): failed(error)
        }
    }

    /// Whether the registry allows pushes.
    package static func write(_ trial: Result<UploadTrial, RegistryError>, repository: RepositoryName) -> Finding {
        switch trial {
        case .success(.accepted):
            .ok("an upload to \(repository) was accepted, and taken back")
        case .success(.acceptedForGood):
            .ok("an upload to \(repository) was accepted; the registry forgets it by itself")
        case .success(.noRepository):
            .warning(
                "\(repository) is not there",
                advice: "The first push makes it where the provider can; otherwise make it, and allow pushes."
            )
        case .failure(let error) where error.reason == .unsupported:
            .problem(
                "\(repository) takes no pushes: \(error)",
                advice: "If that is intended, set `read-only: true`."
            )
        case .failure(let error): failed(error)
        }
    }

    /// Whether the daemon lists a registry that has no trusted certificate.
    enum Listing: Equatable {
        case listed
        case unlisted
        /// Not by its name, but its address may be in one of the ranges. Only the daemon can resolve it.
        case uncertain

        /// - Parameters:
        ///   - isListed: whether the daemon lists the registry, or a range that contains it
        ///   - registries: all registries and ranges that the daemon lists
        package init(isListed: Bool, among registries: [String]) {
            let hasRanges = registries.contains { $0.contains("/") && !["127.0.0.0/8", "::1/128"].contains($0) }
            self = isListed ? .listed : hasRanges ? .uncertain : .unlisted
        }
    }

    /// Whether docker, which transfers the layers, connects to a registry as this tool does.
    ///
    /// - Parameters:
    ///   - isPlain: whether it responded over http
    ///   - isInsecure: whether the options allow it an untrusted certificate
    package static func trust(host: String, isPlain: Bool, isInsecure: Bool, _ listing: Listing) -> Finding {
        guard isPlain || isInsecure else { return .ok("\(host) needs no exception") }
        let advice =
            "Add \(host) to insecure-registries in daemon.json on the daemon's machine, and restart the daemon."
        switch listing {
        case .listed:
            return .ok("docker lists \(host) in insecure-registries")
        case .uncertain:
            return .warning("docker does not list \(host) by that name in insecure-registries", advice: advice)
        case .unlisted where isPlain:
            return .problem(
                "\(host) speaks plain http, and docker does not list it in insecure-registries",
                advice: advice
            )
        case .unlisted:
            // A certificate in /etc/docker/certs.d may also be sufficient.
            return .warning("docker does not list \(host) in insecure-registries", advice: advice)
        }
    }

    private static func failed(_ error: RegistryError) -> Finding { .problem(error) }
}

/// Whether this machine and the registry agree on the time.
enum ClockFinding {
    /// In milliseconds. Tokens are often valid for five minutes, and signatures for at most fifteen.
    static let tolerance: Int64 = 5 * 60_000

    /// - Parameters:
    ///   - here: milliseconds since 1970
    ///   - there: the registry's time; nil if it does not report one
    package static func judge(here: Int64, there: Int64?) -> Finding {
        guard let there else { return .skipped("the registry does not say what time it is") }
        let ahead = here - there
        // The registry reports whole seconds, and its answer took some time.
        guard abs(ahead) >= 2_000 else { return .ok("the registry's and this machine's agree") }
        let relation = ahead > 0 ? "ahead of" : "behind"
        let text = "this machine's is \(Quantity.duration(abs(ahead))) \(relation) the registry's"
        guard abs(ahead) > tolerance else { return .ok(text) }
        return .warning(
            text,
            advice: "Set this machine's clock (NTP): the ages of images and of tokens are wrong as long as it is off."
        )
    }
}
