/// One thing that doctor looks at.
struct DoctorCheck {
    /// As people see it, such as `docker daemon`.
    let name: String
    /// Finds out, and changes nothing.
    let examine: () async -> Finding

    init(_ name: String, _ examine: @escaping () async -> Finding) {
        self.name = name
        self.examine = examine
    }
}
