import CLibrary
import FoundationEssentials
import PluginConfiguration
import SystemPackage
import TestSupport
import Testing

@testable import Garbage

/// The binaries that the hooks fetched. A binary unused for 30 days is removed with its directory.
@Suite struct FetchedBinaryTests {
    private static let now: Int64 = 1_795_459_500_000

    /// Makes a directory as the hooks leave it.
    ///
    /// - Parameters:
    ///   - binary: the number of days since the binary was used; nil for no binary
    ///   - changed: the number of days since its directory was changed
    private func fetch(
        _ name: String,
        to cache: FilePath,
        binary: Int64? = 40,
        changed: Int64 = 40
    ) throws -> FilePath {
        let directory = cache.appending("docker-cache").appending("bin").pushing(FilePath(name))
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        if let binary {
            try write([1], to: directory.appending("docker-cache"))
            age(directory.appending("docker-cache"), days: binary)
        }
        age(directory, days: changed)
        return directory
    }

    private func age(_ path: FilePath, days: Int64) {
        let time = timespec(tv_sec: Int((Self.now - days * GarbageLimits.day) / 1000), tv_nsec: 0)
        #expect(path.withPlatformString { utimensat(AT_FDCWD, $0, [time, time], 0) } == 0)
    }

    private func leftovers(_ cache: FilePath, user: UInt32 = geteuid()) -> [LeftoverFile] {
        let environment = ["XDG_CACHE_HOME": cache.string, "HOME": "/nowhere", "TMPDIR": "/nowhere"]
        return LeftoverFile.all(index: "/nowhere/index.db", environment: environment, user: user, now: Self.now)
            .filter { $0.kind == .fetchedBinary }
    }

    @Test func whatNobodyHasUsedFor30DaysGoes() throws {
        try withTemporaryDirectory { cache in
            let unused = try fetch("0.1.0/aa", to: cache)
            let used = try fetch("0.1.0/bb", to: cache, binary: 29)
            let new = try fetch("0.2.0/cc", to: cache, changed: 29)
            let cut = try fetch("0.3.0/dd", to: cache, binary: nil)
            let fetch = cut.appending(".fetch.Ab12Cd").string
            try FileManager.default.createDirectory(atPath: fetch, withIntermediateDirectories: true)
            try write([1], to: cut.appending(".fetch.Ab12Cd").appending("docker-cache"))
            age(cut, days: 31)
            #expect(leftovers(cache).map(\.path) == [unused, cut])
            #expect(leftovers(cache, user: geteuid() + 1).isEmpty)
            for file in leftovers(cache) { #expect(try file.remove(now: Self.now)) }
            #expect(leftovers(cache).isEmpty)
            #expect(!exists(unused) && !exists(cut.removingLastComponent()))
            #expect(exists(used.appending("docker-cache")) && exists(new.appending("docker-cache")))
        }
    }

    @Test func whatIsUsedOrFetchedMeanwhileStays() throws {
        try withTemporaryDirectory { cache in
            let directory = try fetch("0.1.0/aa", to: cache)
            let binary = directory.appending("docker-cache")
            let file = try #require(leftovers(cache).first)
            age(binary, days: 0)
            #expect(try !file.remove(now: Self.now))
            age(binary, days: 40)
            // The lock that a fetching job holds.
            let job = try FileDescriptor.open(directory, .readOnly, options: .directory)
            #expect(flock(job.rawValue, LOCK_EX) == 0)
            #expect(try !file.remove(now: Self.now))
            #expect(exists(binary))
            try job.close()
            #expect(try file.remove(now: Self.now))
        }
    }

    @Test func whatSomebodyHasPutThereStays() throws {
        try withTemporaryDirectory { cache in
            let directory = try fetch("0.1.0/aa", to: cache)
            try write([1], to: directory.appending("notes"))
            age(directory, days: 40)
            let elsewhere = try fetch("elsewhere/ee", to: cache.appending("other"))
            let link = directory.removingLastComponent().appending("link")
            #expect(symlink(elsewhere.string, link.string) == 0)
            let file = try #require(leftovers(cache).first)
            #expect(leftovers(cache).count == 1)
            #expect(try !file.remove(now: Self.now))
            #expect(exists(directory.appending("notes")))
            #expect(exists(elsewhere.appending("docker-cache")))
        }
    }

    @Test func aBinaryThatRunsIsUsed() throws {
        try withTemporaryDirectory { cache in
            let binary = try fetch("0.1.0/aa", to: cache).appending("docker-cache")
            age(binary.removingLastComponent(), days: 40)
            let other = cache.appending("docker-cache")
            FetchedBinary.noteUse(of: nil, now: Self.now)
            FetchedBinary.noteUse(of: binary.removingLastComponent().appending("other"), now: Self.now)
            FetchedBinary.noteUse(of: other, now: Self.now)
            #expect(leftovers(cache).count == 1)
            FetchedBinary.noteUse(of: binary, now: Self.now)
            #expect(leftovers(cache).isEmpty)
        }
    }
}
