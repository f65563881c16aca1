import FoundationEssentials

/// The API endpoint of an AWS service.
///
/// Matches botocore 1.43, which has separate rules for each service.
enum AWSEndpoint {
    enum Service: String {
        case ecr
        case ecrPublic = "ecr-public"
        case sts
    }

    /// The kind of endpoint: one that complies with the US government's FIPS rules, or one that also supports IPv6.
    struct Variant: Equatable {
        var isFIPS = false
        var isDualStack = false

        /// The variant that the environment or the registry's host selects.
        init(environment: [String: String], registryHost: String = "") {
            func isTrue(_ name: String) -> Bool { environment[name]?.lowercased() == "true" }
            let name = registryHost.split(separator: ".").dropFirst().prefix(2)
            isFIPS = isTrue("AWS_USE_FIPS_ENDPOINT") || name.contains { $0.hasSuffix("ecr-fips") }
            isDualStack = isTrue("AWS_USE_DUALSTACK_ENDPOINT") || name.first?.hasPrefix("dkr-ecr") == true
        }
    }

    /// The URL of the endpoint; nil if the environment sets an invalid one.
    static func url(
        of service: Service,
        region: String,
        _ variant: Variant,
        environment: [String: String]
    ) -> URL? {
        if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" {
            let own = service.rawValue.uppercased().split(separator: "-").joined(separator: "_")
            for name in ["AWS_ENDPOINT_URL_\(own)", "AWS_ENDPOINT_URL"] {
                if let text = environment[name], !text.isEmpty { return URL(string: text) }
            }
        }
        return URL(string: "https://\(host(of: service, region: region, variant))/")
    }

    static func host(of service: Service, region: String, _ variant: Variant) -> String {
        let isOther = region.contains("-iso") || region.hasPrefix("cn-") || region.hasPrefix("eusc-")
        let isAmerican = region.hasPrefix("us-") && !isOther
        let suffix = variant.isDualStack ? dualStackSuffix(of: region) : ECRRegistry.suffix(of: region)
        let fips = variant.isFIPS ? "-fips" : ""
        let prefix =
            switch service {
            case .ecr where variant.isFIPS && (variant.isDualStack ? isAmerican : !isOther): "ecr-fips"
            case .ecr where variant.isDualStack && !variant.isFIPS && !region.contains("-iso"):
                region.hasPrefix("eusc-") ? "api.ecr" : "ecr"
            case .ecr: "api.ecr\(fips)"
            case .ecrPublic where variant.isDualStack && !variant.isFIPS: "ecr-public"
            case .ecrPublic: "api.ecr-public\(fips)"
            // In the government's regions, the plain endpoint already complies with FIPS.
            case .sts where region.hasPrefix("us-gov-") && !variant.isDualStack: "sts"
            case .sts: "sts\(fips)"
            }
        return "\(prefix).\(region).\(suffix)"
    }

    private static func dualStackSuffix(of region: String) -> String {
        if region.hasPrefix("cn-") { return "api.amazonwebservices.com.cn" }
        if region.hasPrefix("eusc-") { return "api.amazonwebservices.eu" }
        return "api.aws"
    }
}
