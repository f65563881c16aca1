import Testing

@testable import DockerCache

@Suite struct ByteSizeTests {
    @Test(
        arguments: [
            ("0", 0), ("1024", 1024), ("20GB", 20_000_000_000), ("1.5 GiB", 1_610_612_736), ("500m", 500_000_000),
            ("2KiB", 2048), ("7b", 7), ("", nil), ("GB", nil), ("-1GB", nil), ("1e3", nil), ("1.2.3MB", nil),
            ("3 parsecs", nil), ("99999999TB", nil),
        ] as [(String, Int64?)]
    )
    func aSizeIsReadAsPeopleWriteIt(text: String, bytes: Int64?) {
        #expect(ByteSize.bytes(text) == bytes)
    }

    @Test(
        arguments: [
            (0, "0B"), (999, "999B"), (1000, "1.00kB"), (1_234_000, "1.23MB"), (45_600_000, "45.6MB"),
            (412_000_000, "412MB"), (20_000_000_000, "20.0GB"),
        ] as [(Int64, String)]
    )
    func aSizeIsShownAsDockerShowsIt(bytes: Int64, text: String) {
        #expect(ByteSize.text(bytes) == text)
    }
}
