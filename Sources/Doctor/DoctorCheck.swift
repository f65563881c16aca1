/// One thing that doctor looks at.
package struct DoctorCheck {
    /// As people see it, such as `docker daemon`.
    package let name: String
    /// Finds out, and changes nothing.
    let examine: () async -> Finding

    package init(_ name: String, _ examine: @escaping () async -> Finding) {
        self.name = name
        self.examine = examine
    }
}
