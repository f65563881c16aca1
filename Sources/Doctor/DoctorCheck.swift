/// One thing that doctor looks at.
package struct DoctorCheck {
    /// Every check that there can be, in the order of the report, as people see it.
    package enum Name: String, CaseIterable, Sendable {
        case dockerClient = "docker client"
        case dockerDaemon = "docker daemon"
        case builder
        case dockerDisk = "docker disk"
        case indexPermissions = "index permissions"
        case index
        case indexFileSystem = "index file system"
        case indexDisk = "index disk"
        case leftovers
        case plugin
        case configuration
        case builderOptions = "builder options"
        case provider
        case login
        case registry
        case clock
        case dockerTrust = "docker trust"
        case read
        case write

        /// How wide the longest is.
        package static var width: Int { allCases.map(\.rawValue.count).max() ?? 0 }
    }

    package let name: Name
    /// Finds out, and changes nothing.
    let examine: () async -> Finding

    package init(_ name: Name, _ examine: @escaping () async -> Finding) {
        self.name = name
        self.examine = examine
    }
}
