import Fingerprint
import TestSupport
import Testing

@Suite struct KeyRecordTests {
    /// A record of a small context, with the whole context or only the copied files.
    static func record(
        _ files: [String: String] = ["a/x": "1", "a/y": "2", "b": "3"],
        dockerfile: String = "FROM scratch\nARG A\nCOPY a /a/$A\n",
        arguments: [String] = ["A=1"],
        whole: Bool = false,
        facts: BaseImageFacts? = nil,
        change: (inout KeyInputs) -> Void = { _ in }
    ) throws -> KeyRecord {
        try withTree { tree in
            for (path, content) in files { try tree.write("ctx/\(path)", content) }
            let context = try ContextScanner(root: tree.path("ctx"), patterns: .none).scan().context
            let resolved = BuildArgument.resolve(arguments, environment: [:])
            let parameters = DockerfileParameters(target: nil, buildArguments: resolved, platform: "linux/amd64")
            let coverage =
                whole
                ? InputCoverage.whole(reasons: [DockerfileError(line: 3, problem: "a doubt")])
                : InputCoverage(
                    PreciseInputs(dockerfile: Array(dockerfile.utf8), parameters: parameters),
                    context: context
                ) { _ in facts }
            var inputs = KeyInputs(platform: "linux/amd64")
            inputs.cover(
                coverage,
                dockerfile: Array(dockerfile.utf8),
                context: context,
                arguments: resolved,
                buildPlatform: "linux/amd64"
            )
            change(&inputs)
            return KeyRecord(
                inputs,
                dockerfile: Array(dockerfile.utf8),
                dockerfilePath: Array("Dockerfile".utf8),
                coverage: coverage,
                context: context
            )
        }
    }

    static func names(_ items: [KeyRecord.Item]) -> [String] { items.map { String(decoding: $0.name, as: UTF8.self) } }

    @Test func itHoldsTheFilesThatCount() throws {
        #expect(Self.names(try Self.record().files) == ["a/", "a/x", "a/y"])
        #expect(Self.names(try Self.record(whole: true).files) == ["a/", "a/x", "a/y", "b"])
    }

    @Test(arguments: [false, true])
    func itIsReadAsItWasWritten(whole: Bool) throws {
        let record = try Self.record(whole: whole)
        #expect(KeyRecord(bytes: record.bytes) == record)
        #expect(KeyRecord(bytes: KeyRecord().bytes) == KeyRecord())
    }

    @Test func noValueOfABuildArgumentIsInIt() throws {
        let record = try Self.record(arguments: ["A=hunter2-hunter2"], whole: true)
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains("hunter2"))
        #expect(Self.names(record.arguments) == ["A"])
        // Marks that are too short to find a value by trial and error.
        #expect((record.arguments + record.components).allSatisfy { $0.mark <= 0xFFFF })
    }

    /// The name of a base image may come from an argument.
    @Test(arguments: [BaseImageFacts(hasTriggers: true, variables: []), .init(hasTriggers: false, variables: ["A"])])
    func noNameOfABaseImageThatAnArgumentGivesIsInIt(facts: BaseImageFacts) throws {
        let dockerfile = "ARG BASE\nFROM $BASE\nARG A\nCOPY a /a/$A\nCOPY $A /b/\n"
        let record = try Self.record(dockerfile: dockerfile, arguments: ["BASE=hunter2:1"], facts: facts) {
            $0.baseImages = [("hunter2:1", "sha256:1")]
        }
        #expect(record.reasons.count == 1 && record.reasons[0].hasPrefix("line 2: the base image "))
        #expect(record.texts["base image 1 that a build argument names"] == "sha256:1")
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains("hunter2"))
        // What the Dockerfile says itself stays.
        let literal = try Self.record(dockerfile: "FROM node:20\n") { $0.baseImages = [("node:20", "sha256:1")] }
        #expect(literal.texts["base image node:20"] == "sha256:1")
    }

    @Test func damagedBytesAreNoRecord() throws {
        let bytes = try Self.record(whole: true).bytes
        for length in bytes.indices { #expect(KeyRecord(bytes: Array(bytes[..<length])) == nil) }
        #expect(KeyRecord(bytes: bytes + [0]) == nil)
        // A flipped bit may give another valid record. It must not cause a crash or allocate gigabytes.
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                _ = KeyRecord(bytes: damaged)
            }
        }
        #expect(KeyRecord(bytes: Array("docker-cache record 3\n".utf8) + [UInt8](repeating: 0xFF, count: 64)) == nil)
    }

    /// Anyone who can write to the registry can write a record. A prefix as long as the largest number, and more
    /// behind it.
    @Test func aNumberThatIsTooLargeIsNoRecord() {
        let largest = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
        let item = largest + [1, 0x61] + [UInt8](repeating: 0, count: 8)
        #expect(KeyRecord(bytes: Array("docker-cache record 3\n".utf8) + [1] + item) == nil)
    }

    /// A few bytes can repeat the beginning of the previous name. Names that would take too much memory are rejected.
    @Test(arguments: [(4096, 3, true), (4097, 3, false), (4000, 20_000, false)])
    func namesTakeNoMoreMemoryThanPathsDo(length: Int, count: Int, isRecord: Bool) {
        func number(_ value: Int) -> [UInt8] {
            value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + number(value >> 7)
        }
        let mark = [UInt8](repeating: 0, count: 8)
        var bytes = Array("docker-cache record 3\n".utf8) + [0, 0] + number(count)
        bytes += [0] + number(length) + [UInt8](repeating: 0x61, count: length) + mark
        for _ in 1..<count { bytes += number(length) + [0] + mark }
        bytes += [0, 0, 0, 0, 0]
        #expect((KeyRecord(bytes: bytes) != nil) == isRecord)
    }

    // MARK: Summaries

    private static let deep = ["a/b/c/x": "1", "a/b/c/y": "2", "a/b/z": "3", "a-b": "4", "d/e": "5", "f": "6"]

    @Test(
        arguments: [
            (5, ["a-b", "a/", "a/b/", "a/b/c/", "a/b/c/x", "a/b/c/y", "a/b/z", "d/", "d/e", "f"]),
            (3, ["a-b", "a/", "a/b/", "a/b/c/", "a/b/z", "d/", "d/e", "f"]),
            (2, ["a-b", "a/", "a/b/", "d/", "d/e", "f"]), (1, ["a-b", "a/", "d/", "f"]), (0, ["./"]),
        ]
    )
    func whatLiesDeepIsOneItemWithItsDirectory(depth: Int, names: [String]) throws {
        let record = try Self.record(Self.deep, whole: true)
        let summary = record.summarized(toDepth: depth)
        #expect(Self.names(summary.files) == names)
        #expect(summary.fileDepth == depth)
        #expect(KeyRecord(bytes: summary.bytes) == summary)
        // The result does not depend on the source of the summary.
        #expect(record.summarized(toDepth: depth + 1).summarized(toDepth: depth) == summary)
        #expect(summary.summarized(toDepth: nil) == summary)
        #expect(summary.summarized(toDepth: depth + 1) == summary)
    }

    @Test(arguments: [("a/b/c/x", "a/"), ("a/b/z", "a/"), ("d/e", "d/"), ("f", "f")])
    func aSummaryShowsWhereAFileChanged(path: String, shown: String) throws {
        let old = try Self.record(Self.deep, whole: true).summarized(toDepth: 1)
        let new = try Self.record(Self.deep.merging([path: "other"]) { $1 }, whole: true)
        let difference = KeyDifference(from: old, to: new)
        #expect(difference.files.changed.map { String(decoding: $0, as: UTF8.self) } == [shown])
        #expect(difference.files.added.isEmpty && difference.files.removed.isEmpty)
    }

    @Test func aSummaryIsAsLargeAsItMayBe() throws {
        var files: [String: String] = [:]
        for directory in 0..<20 { for file in 0..<20 { files["a/\(directory)/\(file)"] = "\(file)" } }
        let record = try Self.record(files, whole: true)
        let all = record.bytes.count
        #expect(record.summarized(toBytes: all) == record)
        let smaller = try #require(record.summarized(toBytes: all - 1))
        #expect(smaller.fileDepth == 2 && smaller.files.count == 21)
        let smallest = try #require(record.summarized(toBytes: record.summarized(toDepth: 0).bytes.count))
        #expect(smallest.files.count == 1)
        #expect(record.summarized(toBytes: 20) == nil)
    }
}
