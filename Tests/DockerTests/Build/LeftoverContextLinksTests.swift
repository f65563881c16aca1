import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Docker

@Suite struct LeftoverContextLinksTests {
    private static let now: Int64 = 1_800_000_000_000

    private static func age(_ path: FilePath, to milliseconds: Int64) throws {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path.string)
    }

    @Test func onlyOldOnesOfOursAreFoundAndRemoved() throws {
        try withTemporaryDirectory { directory in
            let old = try ContextLink(to: directory, in: directory)
            try Self.age(old.path.removingLastComponent(), to: Self.now - 1)
            let young = try ContextLink(to: directory, in: directory)
            try Self.age(young.path.removingLastComponent(), to: Self.now)
            // Of somebody else, a file, and one with more in it than we put there.
            for name in ["docker-cache.abcdef", "docker-cache-context.full"] {
                let other = directory.appending(name)
                try FileManager.default.createDirectory(atPath: other.string, withIntermediateDirectories: false)
                try Data().write(to: URL(filePath: other.appending("precious").string))
                try Self.age(other, to: Self.now - 1)
            }
            let file = directory.appending("docker-cache-context.file")
            try Data().write(to: URL(filePath: file.string))
            try Self.age(file, to: Self.now - 1)

            let found = LeftoverContextLinks(environment: ["TMPDIR": directory.string], olderThan: Self.now)
            let here = found.directories.filter { $0.starts(with: directory) }
            #expect(
                here.map { $0.lastComponent?.string }
                    == [
                        "docker-cache-context.full", old.path.removingLastComponent().lastComponent?.string,
                    ].sorted { ($0 ?? "") < ($1 ?? "") }
            )
            _ = found.remove()
            let left = try FileManager.default.contentsOfDirectory(atPath: directory.string)
            let youngName = try #require(young.path.removingLastComponent().lastComponent?.string)
            #expect(
                Set(left) == [
                    "docker-cache.abcdef", "docker-cache-context.full", "docker-cache-context.file", youngName,
                ]
            )
            #expect(FileManager.default.fileExists(atPath: "\(directory)/docker-cache-context.full/precious"))
            young.remove()
        }
    }
}
