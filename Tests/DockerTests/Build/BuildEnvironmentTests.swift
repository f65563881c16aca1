import FoundationEssentials
import SystemPackage
import Testing

@testable import Docker

@Suite struct BuildEnvironmentTests {
    /// For each variable of the table, a value that has an effect.
    static func value(_ name: String) -> String {
        switch name {
        case BuildEnvironment.noAttestations: "false"
        case BuildEnvironment.gitLabels: "full"
        default: "value"
        }
    }

    static let names = BuildEnvironment.table.flatMap { row in
        row.names.map { (row.treatment, $0.replacing("*", with: "X")) }
    }

    /// The variables that are in the key themselves, rather than as the platform, the builder or a build argument.
    static let ofTheirOwn: Set<String> = [BuildEnvironment.sourcePolicy, BuildEnvironment.noAttestations]

    static func counted(_ environment: [String: String], by builder: Builder = .buildx) -> [String] {
        BuildEnvironment.counted(environment, by: builder) { Array("digest of \($0)".utf8) }
            .map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
    }

    @Test(arguments: names)
    func aVariableIsWhatItsTableSays(treatment: BuildEnvironment.Treatment, name: String) {
        let environment = [name: Self.value(name)]
        #expect(Self.counted(environment).isEmpty != Self.ofTheirOwn.contains(name))
        #expect(BuildEnvironment.withheld(environment) == (treatment == .withheld ? [name] : []))
        let changed = environment.merging(BuildEnvironment.changes(environment, for: .buildx)) { $1 }
        if name != BuildEnvironment.noAttestations {
            #expect((changed[name] == Self.value(name)) == ![.withheld, .replaced].contains(treatment))
        }
    }

    @Test func noVariableIsNamedTwice() {
        #expect(Set(Self.names.map(\.1)).count == Self.names.count)
    }

    @Test(
        arguments: [
            ([:], []), (["BUILDX_NO_DEFAULT_ATTESTATIONS": "1"], []), (["BUILDX_NO_DEFAULT_ATTESTATIONS": "True"], []),
            (["BUILDX_NO_DEFAULT_ATTESTATIONS": "0"], ["BUILDX_NO_DEFAULT_ATTESTATIONS=0"]),
            (
                ["BUILDX_NO_DEFAULT_ATTESTATIONS": "0", "BUILDX_NO_DEFAULT_OCI_ARTIFACT": "1"],
                ["BUILDX_NO_DEFAULT_ATTESTATIONS=0", "BUILDX_NO_DEFAULT_OCI_ARTIFACT=1"]
            ),
            (["BUILDX_NO_DEFAULT_OCI_ARTIFACT": "1"], []), (["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": ""], []),
            (
                ["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": "/p"],
                ["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=digest of /p"]
            ),
        ] as [([String: String], [String])]
    )
    func whatDiffersFromABuildWithoutThemCounts(environment: [String: String], expected: [String]) {
        #expect(Self.counted(environment) == expected)
    }

    @Test(arguments: [Builder.buildKit, .legacy])
    func buildersBeforeBuildxReadNoneOfThem(builder: Builder) {
        let environment = Dictionary(uniqueKeysWithValues: Self.ofTheirOwn.map { ($0, Self.value($0)) })
        #expect(Self.counted(environment, by: builder).isEmpty)
        #expect(BuildEnvironment.policy(environment, by: builder) == nil)
    }

    @Test func theDocumentationNamesEveryVariable() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/keys.md")
        let text = String(decoding: try Data(contentsOf: page), as: UTF8.self)
        for row in BuildEnvironment.table {
            for name in row.names { #expect(text.contains("`\(name)`"), "\(name)") }
        }
    }
}
