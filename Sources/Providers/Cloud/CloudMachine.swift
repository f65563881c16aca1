import FoundationEssentials
import SystemPackage

/// The cloud that this machine belongs to, according to its firmware. Prevents requests to a metadata server that does
/// not exist.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html,
/// https://cloud.google.com/compute/docs/instances/detect-compute-engine, and the asset tag of all machines in Azure.
enum CloudMachine: Equatable, Sendable {
    case amazon
    case google
    case azure
    /// None of these clouds.
    case other
    /// The firmware's data cannot be read, as in some containers.
    case unknown

    /// - Parameter texts: the contents of the files in `/sys/class/dmi/id`
    init(_ texts: [String]) {
        let text = texts.joined(separator: "\n").lowercased()
        if text.allSatisfy(\.isWhitespace) {
            self = .unknown
        } else if text.contains("amazon") {
            self = .amazon
        } else if text.contains("google") {
            self = .google
        } else if text.contains(Self.azureTag) {
            self = .azure
        } else {
            self = .other
        }
    }

    private static let azureTag = "7783-7084-3265-9085-8269-3286-77"

    private static let files = [
        "sys_vendor", "product_name", "product_version", "bios_vendor", "bios_version", "chassis_asset_tag",
    ]

    /// Reads `/sys/class/dmi/id`, or a directory like it.
    init(in directory: FilePath) {
        self.init(
            Self.files.compactMap { name in
                // Skips a file that does not exist or is not readable.
                (try? Data(contentsOf: URL(filePath: directory.appending(name).string)))
                    .map { String(decoding: $0, as: UTF8.self) }
            }
        )
    }

    /// Whether that cloud's metadata server may be reachable.
    func mayBe(_ cloud: CloudMachine) -> Bool { self == cloud || self == .unknown }
}
