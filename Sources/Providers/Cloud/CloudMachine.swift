import FoundationEssentials
import SystemPackage

/// Whose machine this is, as its firmware says: so that no metadata server is asked where there is none.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html,
/// https://cloud.google.com/compute/docs/instances/detect-compute-engine, and the asset tag of all machines in Azure.
enum CloudMachine: Equatable, Sendable {
    case amazon
    case google
    case azure
    /// No one's of these.
    case other
    /// There is nothing to read, as in some containers.
    case unknown

    /// - Parameter texts: what is in the files of `/sys/class/dmi/id`
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

    /// Reads `/sys/class/dmi/id`, or what stands for it.
    init(in directory: FilePath) {
        self.init(
            Self.files.compactMap { name in
                // A file that is not there, or not for this user, says nothing.
                (try? Data(contentsOf: URL(filePath: directory.appending(name).string)))
                    .map { String(decoding: $0, as: UTF8.self) }
            }
        )
    }

    /// Whether a metadata server of that cloud may be there.
    func mayBe(_ cloud: CloudMachine) -> Bool { self == cloud || self == .unknown }
}
