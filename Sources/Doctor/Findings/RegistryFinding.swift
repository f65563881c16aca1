import Formatting
import Images
import Providers
import Registry

/// What the answers of a provider and its registry mean for the plugin.
enum RegistryFinding {
    /// The provider, and the name that comes of its options.
    package static func provider(_ name: String, _ repository: Result<RepositoryName?, ProviderError>) -> Finding {
        switch repository {
        case .success(let repository?): .ok("\(name): \(repository)")
        case .success(nil): .ok("\(name): images stay in the daemon of this machine")
        case .failure(let error): .problem("\(name): \(error)")
        }
    }

    /// What there is to log in with.
    ///
    /// - Parameters:
    ///   - login: nil where no one logs in, or Docker has a login that is used
    ///   - entry: what Docker's own configuration has for the registry
    ///   - refusal: why the registry does not accept that
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
            case .none: return .ok("none: the registry is asked without")
            case .stored: return .ok("Docker's own, in its configuration")
            case .helper: return .ok("Docker's own, from a credential helper")
            }
        case .failure(let error): return .problem(error)
        }
    }

    /// Whether it answers.
    package static func presence(_ presence: Result<RegistryPresence, RegistryError>, host: String) -> Finding {
        switch presence {
        case .success(let presence):
            .ok("\(host) answers\(presence.wantsCredentials ? " and wants credentials" : "")")
        case .failure(let error): failed(error)
        }
    }

    /// Whether it lets images be taken.
    ///
    /// - Parameter found: what the newest build's tag names; nil if it is not there
    package static func read(_ found: Result<Descriptor?, RegistryError>, reference: ImageReference) -> Finding {
        switch found {
        case .success(.some): .ok("\(reference) is there")
        case .success(nil): .ok("nothing is there yet under \(reference)")
        case .failure(let error): failed(error)
        }
    }

    /// Whether it lets images be saved.
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
                advice: "Where that is as it should be, say `read-only: true`."
            )
        case .failure(let error): failed(error)
        }
    }

    /// What the daemon lists of a registry that has no certificate anybody trusts.
    enum Listing: Equatable {
        case listed
        case unlisted
        /// Not by its name; its address may be in one of the ranges, and only the daemon can look it up.
        case uncertain

        /// - Parameters:
        ///   - isListed: whether the daemon names the registry, or a range in which it is
        ///   - registries: all that the daemon names
        package init(isListed: Bool, among registries: [String]) {
            let hasRanges = registries.contains { $0.contains("/") && !["127.0.0.0/8", "::1/128"].contains($0) }
            self = isListed ? .listed : hasRanges ? .uncertain : .unlisted
        }
    }

    /// Whether docker, which moves the layers, speaks to a registry as we do.
    ///
    /// - Parameters:
    ///   - isPlain: whether it answered over http
    ///   - isInsecure: whether the options say that it need not have a certificate that anybody trusts
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
            // A certificate in /etc/docker/certs.d may do as well.
            return .warning("docker does not list \(host) in insecure-registries", advice: advice)
        }
    }

    private static func failed(_ error: RegistryError) -> Finding { .problem(error) }
}

/// Whether this machine and the registry agree on the time.
enum ClockFinding {
    /// In milliseconds. Tokens are often good for five minutes, and signatures no longer than fifteen.
    static let tolerance: Int64 = 5 * 60_000

    /// - Parameters:
    ///   - here: milliseconds since 1970
    ///   - there: the registry's; nil if it does not say
    package static func judge(here: Int64, there: Int64?) -> Finding {
        guard let there else { return .skipped("the registry does not say what time it is") }
        let ahead = here - there
        // The registry tells whole seconds, and the answer took a while.
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
