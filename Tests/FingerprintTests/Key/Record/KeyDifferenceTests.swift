import Fingerprint
import Testing

@Suite struct KeyDifferenceTests {
    private static func names(_ list: [[UInt8]]) -> [String] { list.map { String(decoding: $0, as: UTF8.self) } }

    @Test func filesAreNewGoneOrChanged() throws {
        let old = try KeyRecordTests.record()
        let new = try KeyRecordTests.record(["a/x": "1", "a/y": "other", "a/z": "", "b": "not copied"])
        let difference = KeyDifference(from: old, to: new)
        #expect(Self.names(difference.files.changed) == ["a/y"])
        #expect(Self.names(difference.files.added) == ["a/z"])
        #expect(Self.names(KeyDifference(from: new, to: old).files.removed) == ["a/z"])
        #expect(difference.components == ["sources"])
        #expect(difference.arguments.isEmpty)
        #expect(difference.newLines.isEmpty)
    }

    @Test func nothingDiffersFromItself() throws {
        let record = try KeyRecordTests.record()
        let difference = KeyDifference(from: record, to: record)
        #expect(difference.components.isEmpty)
        #expect(difference.files.isEmpty)
        #expect(!difference.coverageChanged)
    }

    @Test func linesOfTheDockerfileAreNumberedAsTheyAreNow() throws {
        let old = try KeyRecordTests.record()
        let new = try KeyRecordTests.record(dockerfile: "FROM scratch\nARG A\nLABEL a=b\nCOPY a /b/$A\n")
        let difference = KeyDifference(from: old, to: new)
        #expect(difference.newLines == [3, 4])
        #expect(difference.goneLines == 1)
        #expect(difference.components == ["stages"])
    }

    @Test(
        arguments: [(["A=2"], ["A"], [], []), ([], [], [], ["A"])] as [([String], [String], [String], [String])]
    )
    func argumentsAreNewGoneOrChanged(
        arguments: [String],
        changed: [String],
        added: [String],
        removed: [String]
    ) throws {
        let new = try KeyRecordTests.record(arguments: arguments)
        let difference = KeyDifference(from: try KeyRecordTests.record(), to: new)
        #expect(Self.names(difference.arguments.changed) == changed)
        #expect(Self.names(difference.arguments.added) == added)
        #expect(Self.names(difference.arguments.removed) == removed)
    }

    @Test func aTargetOrAPlatformIsNamed() throws {
        let new = try KeyRecordTests.record {
            $0.target = "test"
            $0.platform = "linux/arm64"
        }
        let difference = KeyDifference(from: try KeyRecordTests.record(), to: new)
        #expect(difference.texts.map(\.name) == ["platform", "target"])
        #expect(difference.texts.map(\.old) == ["linux/amd64", nil])
        #expect(difference.texts.map(\.new) == ["linux/arm64", "test"])
    }

    @Test func aDoubtThatIsNewIsNamed() throws {
        let difference = KeyDifference(from: try KeyRecordTests.record(), to: try KeyRecordTests.record(whole: true))
        #expect(difference.coverageChanged)
        #expect(difference.newReasons == ["line 3: a doubt"])
        let back = KeyDifference(from: try KeyRecordTests.record(whole: true), to: try KeyRecordTests.record())
        #expect(back.coverageChanged)
        #expect(back.newReasons.isEmpty)
    }
}
