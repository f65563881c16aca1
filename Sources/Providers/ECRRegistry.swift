/// A registry of Amazon ECR, identified by its host.
///
/// Recognises the hosts that amazon-ecr-credential-helper does: `ID.dkr.ecr.REGION.amazonaws.com`, with `.cn` for
/// China, `dkr.ecr-fips`, the dual-stack `ID.dkr-ecr.REGION.on.aws`, the isolated partitions, and `public.ecr.aws`.
struct ECRRegistry: Equatable, Sendable {
    let host: String
    let region: String
    let isPublic: Bool
    /// The path prefix of every repository in a public registry.
    let alias: String?

    /// The 12-digit account ID; nil for the public registry.
    var account: String? { isPublic ? nil : String(host.prefix { $0 != "." }) }

    /// The region of the public registry's API.
    static let publicRegion = "us-east-1"

    /// Parses a host, which for the public registry may be followed by an alias. Returns nil if it is not an ECR host.
    init?(_ text: String) {
        let text = text.hasSuffix("/") ? String(text.dropLast()) : text
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let host = parts.first else { return nil }
        if host == "public.ecr.aws" {
            self.host = host
            region = Self.publicRegion
            isPublic = true
            guard parts.count <= 2 else { return nil }
            alias = parts.count == 2 ? parts[1] : nil
            return
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 1, labels.count >= 5, labels[0].utf8.count == 12,
            labels[0].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let rest: ArraySlice<String>
        if labels[1] == "dkr-ecr" || labels[1] == "dkr-ecr-fips" {
            rest = labels[2...]
        } else if labels[1] == "dkr", ["ecr", "ecr-fips"].contains(labels[2]) {
            rest = labels[3...]
        } else {
            return nil
        }
        guard let region = rest.first, Self.isRegion(region),
            Self.suffixes.contains(rest.dropFirst().joined(separator: "."))
        else { return nil }
        self.host = host
        self.region = region
        isPublic = false
        alias = nil
    }

    /// Creates the registry of an account in a region.
    init(account: String, region: String) {
        host = "\(account).dkr.ecr.\(region).\(Self.suffix(of: region))"
        self.region = region
        isPublic = false
        alias = nil
    }

    private static let suffixes: Set<String> = [
        "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "on.aws", "on.amazonwebservices.com.cn", "c2s.ic.gov",
        "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
    ]

    /// The domain of the region's AWS partition.
    static func suffix(of region: String) -> String {
        let partitions = [
            ("cn-", "amazonaws.com.cn"), ("eusc-", "amazonaws.eu"), ("us-isob-", "sc2s.sgov.gov"),
            ("us-isof-", "csp.hci.ic.gov"), ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"),
        ]
        return partitions.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }

    /// Whether a string has the form of a region: at least three parts, of which the last is a number, such as
    /// `us-gov-west-1`.
    static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let last = parts.last, !last.isEmpty else { return false }
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            }
    }
}
