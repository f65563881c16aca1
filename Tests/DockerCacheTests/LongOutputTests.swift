import ArgumentParser
import Store
import Testing

@testable import DockerCache

/// Output that is printed in parts equals the output that is printed at once.
@Suite struct LongOutputTests {
    private struct Whole: Encodable {
        let version = 1
        let dryRun: Bool
        let entries: [EntryReport]
        let more: [String]
    }

    private static func entry(_ number: Int) -> Entry {
        Entry(
            key: "\(number)",
            scope: "s",
            image: "team/a \"b\" \n ü",
            provider: "local",
            sizeBytes: number.isMultiple(of: 2) ? nil : 5,
            builtAt: 1,
            createdAt: 2,
            lastUsedAt: Int64(number)
        )
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 600])
    func anObjectInPartsIsTheSame(count: Int) throws {
        let entries = (0..<count).map { EntryReport(Self.entry($0)) }
        var text: [UInt8] = []
        let object = JSONObject(values: [
            "version": .single(1), "dry_run": .single(true), "entries": .list(entries), "more": .list(["x"]),
        ])
        try object.parts { text += $0 }
        let whole = try JSONOutput.encoded(Whole(dryRun: true, entries: entries, more: ["x"]))
        #expect(String(decoding: text, as: UTF8.self) == String(decoding: whole, as: UTF8.self) + "\n")
    }

    @Test(
        arguments: [
            (["--sort", "age"], [2, 1, 0]), (["--sort", "used"], [1, 2, 0]), (["--sort", "size"], [0, 1, 2]),
            (["--sort", "hits"], [2, 0, 1]), (["--sort", "image"], [1, 0, 2]), (["--image", "b"], [2]),
            (["--provider", "ecr"], [1]), (["--image", "nobody"], []),
        ] as [([String], [Int])]
    )
    func entriesAreSortedByWhatWasAskedFor(arguments: [String], places: [Int]) throws {
        let entries = [
            Entry(
                key: "0",
                scope: "s",
                image: "a",
                provider: "local",
                sizeBytes: 9,
                builtAt: 1,
                createdAt: 1,
                lastUsedAt: 1,
                hits: 2
            ),
            Entry(
                key: "1",
                scope: "s",
                image: "a",
                provider: "ecr",
                sizeBytes: nil,
                builtAt: 2,
                createdAt: 1,
                lastUsedAt: 3,
                hits: 2
            ),
            Entry(
                key: "2",
                scope: "s",
                image: "b",
                provider: "local",
                sizeBytes: nil,
                builtAt: 3,
                createdAt: 1,
                lastUsedAt: 2,
                hits: 7
            ),
        ]
        let command = try ListCommand.parse(arguments)
        #expect(command.chosen(entries, now: 5) == places)
    }

    @Test(
        arguments: [
            ([], 12), (["0123456789abcdef"], 12), (["0123456789abcdef", "0123456789abcdef"], 12),
            (["0123456789abcd00", "0123456789abcd01"], 16), (["0123456789ab", "1"], 12),
        ] as [([String], Int)]
    )
    func theShownBeginningTellsKeysApart(keys: [String], length: Int) {
        #expect(EntryTable.prefixLength(keys) == length)
    }
}
