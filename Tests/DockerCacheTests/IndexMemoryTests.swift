import FoundationEssentials
import Logging
import Providers
import SystemPackage
import TestSupport
import Testing

@testable import DockerCache
@testable import PluginConfiguration
@testable import Store

@Suite struct IndexMemoryTests {
    private static func memory(_ path: FilePath?, mark: String = "") -> IndexMemory {
        IndexMemory(at: path, mark: mark, now: { 1_000 }, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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

    /// An untrusted build chooses whom it asks, so its answers are used only for such builds.
    @Test func whatAnUntrustedBuildIsToldIsKeptApart() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let (plain, marked) = (Self.memory(path), Self.memory(path, mark: CachePlace.isolationMark))
            let (ours, theirs) = (
                RememberedLogin(identity: "ours", endsAt: 5_000), RememberedLogin(identity: "theirs", endsAt: 6_000)
            )
            marked.remember("theirs", to: "ecr account", endsAt: 2_000)
            marked.remember(theirs, host: "h", configuration: "c")
            #expect(plain.answer(to: "ecr account") == nil)
            #expect(plain.login(host: "h", configuration: "c") == nil)
            plain.remember("ours", to: "ecr account", endsAt: 2_000)
            plain.remember(ours, host: "h", configuration: "c")
            #expect(marked.answer(to: "ecr account") == "theirs")
            #expect(marked.login(host: "h", configuration: "c") == theirs)
            marked.remember(nil, host: "h", configuration: "c")
            #expect(plain.login(host: "h", configuration: "c") == ours)
            #expect(plain.answer(to: "ecr account") == "ours")
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
