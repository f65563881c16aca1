import FoundationEssentials
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Inputs

@Suite struct GitInquiryTests {
    private static let a = String(repeating: "a", count: 40)
    private static let b = String(repeating: "b", count: 40)
    private static let c = String(repeating: "c", count: 40)

    @Test(
        arguments: [
            ("main", "\(a)\trefs/heads/main", a), ("main", "\(a)\trefs/heads/main\n\(b)\trefs/tags/main", a),
            ("v1", "\(a)\trefs/tags/v1", a), ("v1", "\(a)\trefs/tags/v1\n\(b)\trefs/tags/v1^{}", b),
            ("refs/tags/v1", "\(a)\trefs/tags/v1\n\(b)\trefs/tags/v1^{}", b),
            ("refs/heads/main", "\(a)\trefs/heads/main\n\(b)\trefs/heads/other/main", a),
            ("HEAD", "\(a)\tHEAD\n\(b)\trefs/remotes/x/HEAD", a), ("heads/main", "\(c)\trefs/heads/main", c),
            ("main", "\(a)\trefs/heads/other/main", nil), ("main", "", nil), ("main", "warning: x\n", nil),
        ] as [(String, String, String?)]
    )
    func aNameIsChosenAsBuildKitDoes(name: String, output: String, expected: String?) {
        #expect(GitInquiry.commit(of: name, in: output) == expected)
    }

    @Test func anotherProtocolThanThoseOfBuildKitIsNotSpoken() async throws {
        try await withTemporaryDirectory { directory in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let git = GitInquiry(environment: ["PATH": path], log: Logger(label: "test"))
            await #expect(throws: GitInquiry.Failure.self) {
                try await git.commit(of: nil, in: "file://\(directory)")
            }
            await #expect(throws: GitInquiry.Failure.missing) {
                try await GitInquiry(environment: [:], log: Logger(label: "test")).commit(of: nil, in: "https://x")
            }
        }
    }
}
