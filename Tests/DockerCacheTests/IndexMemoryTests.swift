import FoundationEssentials
import Logging
import Providers
import SystemPackage
import TestSupport
import Testing

@testable import DockerCache
@testable import Store

@Suite struct IndexMemoryTests {
    private static func memory(_ path: FilePath?) -> IndexMemory {
        IndexMemory(at: path, now: { 1_000 }, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func whatIsRememberedIsThereForTheNextRun() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let first = Self.memory(path)
            first.remember("210987654321", to: "ecr account", endsAt: 2_000)
            first.remember(RememberedLogin(identity: "ci", endsAt: 5_000), host: "h", configuration: "c")
            let next = Self.memory(path)
            #expect(next.answer(to: "ecr account") == "210987654321")
            #expect(next.login(host: "h", configuration: "c") == RememberedLogin(identity: "ci", endsAt: 5_000))
            next.remember(nil, host: "h", configuration: "c")
            #expect(first.login(host: "h", configuration: "c") == nil)
        }
    }

    @Test func withoutAnIndexNothingIsRemembered() {
        let memory = Self.memory(nil)
        memory.remember("a", to: "q", endsAt: 2_000)
        #expect(memory.answer(to: "q") == nil)
    }

    /// Other users of the index report the damage and move it aside.
    @Test func aDamagedIndexIsLeftWhereItIs() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let memory = Self.memory(path)
            memory.remember("a", to: "q", endsAt: 2_000)
            let index = try Index.open(at: path, now: 1_000).index
            try index.database.execute("DROP TABLE provider_answers")
            #expect(Self.memory(path).answer(to: "q") == nil)
            #expect(memory.answer(to: "q") == nil)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.string)
            #expect(names.allSatisfy { !$0.contains("corrupt") }, "\(names)")
        }
    }
}
