import Host

/// What `doctor --format json` prints.
package struct DoctorReport: Encodable {
    package let version = ProductVersion.current
    /// `problem`, `warning` or `ok`: the worst of all checks.
    package let status: String
    let checks: [Check]

    package struct Check: Encodable {
        package let name: String
        /// `ok`, `warning`, `problem` or `skipped`.
        package let status: String
        let finding: String
        /// What to do; absent where nothing is to be done, or where the finding says it.
        package let advice: String?
        /// What came of `--fix`; absent where it had nothing to do.
        let repair: String?
    }

    package init(_ examinations: [Examination]) {
        checks = examinations.map { examination in
            Check(
                name: examination.name,
                status: examination.finding.status.rawValue,
                finding: examination.finding.text,
                advice: examination.finding.advice,
                repair: examination.repair
            )
        }
        let found = Set(examinations.map(\.finding.status))
        let worst = [Finding.Status.problem, .warning].first(where: found.contains) ?? .ok
        status = worst.rawValue
    }
}
