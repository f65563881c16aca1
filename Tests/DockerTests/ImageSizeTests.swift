import Testing

@testable import Docker

@Suite struct ImageSizeTests {
    @Test(arguments: [
        ("0B", 0), ("17B", 17), ("8.192kB", 8192), ("6.01MB", 6_010_000), ("52.43MB", 52_430_000),
        ("1.2GB", 1_200_000_000), ("3TB", 3_000_000_000_000),
        ("", nil), ("B", nil), ("1", nil), ("1 MB", nil), ("1MiB", nil), ("-1MB", nil), ("1.2.3MB", nil),
        ("99999PB", nil), ("N/A", nil),
    ])
    func whatDockerShowsIsRead(text: String, bytes: Int64?) {
        #expect(ImageSize.bytes(text) == bytes)
    }

    @Test(
        arguments: [
            (inspected: 3_003_173, listed: 6_010_000, size: 6_010_000),
            (inspected: 3_003_173, listed: 3_000_000, size: 3_003_173),
            (inspected: 2_996_000, listed: 3_000_000, size: 2_996_000),
            (inspected: 3_003_173, listed: nil, size: 3_003_173),
            (inspected: 0, listed: 5, size: 5),
        ] as [(inspected: Int64, listed: Int64?, size: Int64)]
    )
    func whatIsOnTheDiskCounts(inspected: Int64, listed: Int64?, size: Int64) {
        #expect(ImageSize.onDisk(inspected: inspected, listed: listed) == size)
    }

    @Test func whatABuilderKeepsIsAddedUp() {
        let buildx = """
            ID                           RECLAIMABLE  SIZE       LAST ACCESSED
            vwslp8kzfbyoeqkd0xzmenyrf*   true         52.43MB    11 minutes ago
            i1qzprimlvahkn24mw0kysdog*   true         1.982MB    5 minutes ago
            5mbivi1sutolrniv29j8xeju4*              \ttrue \t0B        \t10 minutes ago
            """
        #expect(BuilderUsage.sum(buildx) == 54_412_000)
        #expect(BuilderUsage.sum("") == 0)
        let usage = """
            [{"CacheType":"regular","Size":"3MB"},{"CacheType":"source.local","Size":"2kB"},
            {"CacheType":"source.local","Size":"1.5MB"}]
            """
        #expect(BuilderUsage.contexts(usage) == 1_502_000)
        #expect(BuilderUsage.contexts("[]") == 0)
        #expect(BuilderUsage.contexts("nothing") == nil)
    }

    @Test(arguments: [
        ("ID\tRECLAIMABLE\nTotal:\t209.7MB\n", 209_700_000), ("Total reclaimed space: 734MB", 734_000_000),
        ("Total:  0B", 0), ("", nil), ("Total", nil),
    ])
    func whatWasFreedIsRead(output: String, bytes: Int64?) {
        #expect(BuilderUsage.total(output) == bytes)
    }
}
