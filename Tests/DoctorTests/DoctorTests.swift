import Buildkite
import Docker
import Files
import FoundationEssentials
import Images
import Options
import SystemPackage
import TestSupport
import Testing

@testable import Doctor
@testable import Garbage
@testable import Host
@testable import PluginConfiguration

@Suite struct DoctorTests {
    private static let examinations = [
        Examination(name: "docker client", finding: .ok("28.1.1")),
        Examination(name: "index", finding: .warning("it is old", advice: "Make a new one.")),
        Examination(name: "write", finding: .problem("no\nway.", advice: "Ask.", repair: .replaceIndex("/i"))),
        Examination(name: "clock", finding: .skipped("there is none")),
    ]

    @Test(arguments: [
        (
            DoctorMarks.signs,
            [
                "✓ docker client  28.1.1.", "! index          it is old. Make a new one.",
                "✗ write          no way. Ask.",
            ]
        ),
        (
            DoctorMarks.words,
            [
                "ok       docker client  28.1.1.", "warning  index          it is old. Make a new one.",
                "problem  write          no way. Ask.",
            ]
        ),
    ])
    func aCheckIsOneLine(marks: DoctorMarks, expected: [String]) {
        let lines = Self.examinations.map { $0.line(marks: marks, width: 13) }
        #expect(Array(lines.prefix(3)) == expected)
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }

    @Test(arguments: [
        (true, ["LANG": "en_US.UTF-8"], DoctorMarks.signs), (true, ["LANG": "C.utf8"], .signs),
        (true, ["LC_ALL": "C", "LANG": "en_US.UTF-8"], .words),
        (true, ["LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8", "LANG": "C"], .signs), (true, [:], .words),
        (false, ["LANG": "en_US.UTF-8"], .words),
    ])
    func signsNeedATerminalThatCanShowThem(isTerminal: Bool, environment: [String: String], expected: DoctorMarks) {
        #expect(DoctorMarks(isTerminal: isTerminal, environment: environment) == expected)
    }

    @Test func theLastLineCountsWhatIsNotGood() {
        let summary = Examination.summary(Self.examinations, isFixing: false)
        #expect(summary == "1 problem, 1 warning. `docker-cache doctor --fix` repairs 1 of them.")
        #expect(Examination.summary(Self.examinations, isFixing: true) == "1 problem, 1 warning.")
        #expect(
            Examination.summary([Self.examinations[0], Self.examinations[3]], isFixing: false) == "Nothing is wrong."
        )
        let repairable = Finding.warning("a row is damaged", repair: .dropDamagedRows("/index.db"))
        let one = Examination(name: "index", finding: repairable)
        #expect(
            Examination.summary([one], isFixing: false) == "1 warning. `docker-cache doctor --fix` repairs it."
        )
        #expect(
            Examination.summary([one, one], isFixing: false) == "2 warnings. `docker-cache doctor --fix` repairs them."
        )
        #expect(Examination.hasProblem(Self.examinations))
        #expect(!Examination.hasProblem(Array(Self.examinations.prefix(2))))
    }

    @Test func theReportForMachinesSaysTheWorst() throws {
        #expect(DoctorReport(Self.examinations).status == "problem")
        #expect(DoctorReport(Array(Self.examinations.prefix(2))).status == "warning")
        #expect(DoctorReport([]).status == "ok")
        #expect(DoctorReport(Self.examinations).checks.map(\.status) == ["ok", "warning", "problem", "skipped"])
    }

    private static let installations: [(plugin: FilePath?, missing: [String], requested: String?, Finding.Status)] = [
        (nil, [], nil, .ok), ("/p", [], nil, .ok), ("/p", [], "v0.1.0", .ok), ("/p", [], "main", .ok),
        ("/p", [], "v0.2.0", .warning), (nil, [], "v0.2.0", .warning), ("/p", ["lib/find-binary.bash"], nil, .problem),
    ]

    @Test(arguments: installations.indices)
    func binaryHooksAndPipelineShouldBeOfOneVersion(position: Int) {
        let (plugin, missing, requested, status) = Self.installations[position]
        let installation = PluginFinding.Installation(
            binary: "/p/bin/docker-cache",
            plugin: plugin,
            missing: missing,
            release: nil,
            checksum: nil,
            isNamed: false,
            requested: requested
        )
        #expect(PluginFinding.judge(installation, version: "0.1.0").status == status)
    }

    @Test func aReleasedBinaryIsHeldToItsChecksum() throws {
        let digits = String(repeating: "a", count: 64)
        let (right, wrong) = (try #require(Digest("sha256:\(digits)")), Digest(of: [1]))
        let fetched = FilePath("/home/agent/.cache/docker-cache/bin/0.1.0/\(digits)/docker-cache")
        let archive = String(repeating: "b", count: 64)
        let file = "version 0.1.0\nurl https://example.com\nlinux-x86_64 \(archive) \(digits)\n"
        let ofFetched = try #require(PluginFinding.Release(ofFetched: fetched))
        let ofPlugin = try #require(PluginFinding.Release(file, from: .plugin, platform: "linux-x86_64"))
        let installed = try #require(PluginFinding.Release(file, from: .installed, platform: "linux-x86_64"))
        #expect(PluginFinding.Release(file, from: .plugin, platform: "linux-aarch64") == nil)
        #expect(PluginFinding.Release(ofFetched: "/usr/local/bin/docker-cache") == nil)
        for (release, checksum, status, text) in [
            (ofFetched, right, Finding.Status.ok, "downloaded by the plugin's hooks; it is the released binary 0.1.0"),
            (ofFetched, wrong, .problem, "is not what was released as 0.1.0"),
            (ofPlugin, right, .ok, "with its hooks; it is the released binary 0.1.0"),
            (ofPlugin, wrong, .ok, "it was built here, and is not the released binary 0.1.0"),
            (installed, right, .ok, "installed by script/install; it is the released binary 0.1.0"),
            (installed, wrong, .warning, "is not the released binary 0.1.0 that script/install has put there"),
        ] {
            let installation = PluginFinding.Installation(
                binary: fetched,
                plugin: release.source == .plugin ? "/p" : nil,
                missing: [],
                release: release,
                checksum: checksum,
                isNamed: false,
                requested: nil
            )
            let finding = PluginFinding.judge(installation, version: "0.1.0")
            #expect(finding.status == status)
            #expect(finding.text.contains(text))
        }
    }

    @Test(arguments: [(true, "named by DOCKER_CACHE_BIN"), (false, "installed outside of the plugin")])
    func ofABinaryOutsideOfThePluginTheChecksumIsShown(isNamed: Bool, origin: String) {
        let installation = PluginFinding.Installation(
            binary: "/usr/local/bin/docker-cache",
            plugin: nil,
            missing: [],
            release: nil,
            checksum: Digest(of: [1]),
            isNamed: isNamed,
            requested: nil
        )
        let finding = PluginFinding.judge(installation, version: "0.1.0")
        #expect(finding.status == .ok)
        #expect(finding.text.contains("\(origin); its checksum is \("\(Digest(of: [1]))".dropFirst(7)) "))
    }

    @Test func theReleaseOfAnInstalledBinaryIsInTheFileBesideIt() throws {
        try withTemporaryDirectory { directory in
            let binary = directory.appending("bin").appending("docker-cache")
            let share = directory.appending("share").appending("docker-cache")
            for place in [binary.removingLastComponent(), share] {
                try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
            }
            try Data("binary".utf8).write(to: URL(filePath: binary.string))
            #expect(Doctor.installation(of: binary, environment: [:]).release == nil)
            let digest = Digest(of: Array("binary".utf8))
            let digits = "\(digest)".dropFirst("sha256:".count)
            let lines = ["x86_64", "aarch64"].map { "linux-\($0) \(digits) \(digits)\n" }
            try Data("version 0.1.0\n\(lines.joined())".utf8)
                .write(to: URL(filePath: share.appending("release").string))
            let installation = Doctor.installation(of: binary, environment: ["DOCKER_CACHE_BIN": binary.string])
            #expect(installation.plugin == nil)
            #expect(installation.release == .init(version: "0.1.0", checksum: digest, source: .installed))
            #expect(
                PluginFinding.judge(installation, version: "0.1.0")
                    == .ok("0.1.0 at \(binary), named by DOCKER_CACHE_BIN; it is the released binary 0.1.0")
            )
        }
    }

    @Test func thisRepositoryIsAWholePlugin() {
        let root = FilePath(
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .path()
        )
        let binary = root.appending("bin").appending("docker-cache")
        let installation = Doctor.installation(of: binary, environment: [:])
        #expect(installation.plugin?.lexicallyNormalized() == root.lexicallyNormalized())
        #expect(installation.missing == [])
        #expect(Doctor.installation(of: "/usr/bin/docker-cache", environment: [:]).plugin == nil)
    }

    @Test func whatCanBeMendedIs() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            try Data().write(to: URL(filePath: path.string))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path.string)
            let user = GuardedFile.currentUser
            let finding = IndexFinding.permissions(GuardedFile.ofIndex(at: path), user: user)
            let repair = try #require(finding.repair)
            _ = try repair.carryOut(now: 0)
            #expect(IndexFinding.permissions(GuardedFile.ofIndex(at: path), user: user).status == .ok)
        }
    }

    @Test func aLockThatSomebodyHoldsIsNotRemoved() throws {
        try withTemporaryDirectory { directory in
            let held = directory.appending("held.lock")
            let left = directory.appending("left.lock")
            let lock = try #require(try FileLock.attempt(at: held))
            defer { lock.release() }
            try Data().write(to: URL(filePath: left.string))
            let files = [held, left].map { LeftoverFile(kind: .lock, path: $0) }
            _ = try Repair.remove(files).carryOut(now: 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["held.lock"])
        }
    }
}
