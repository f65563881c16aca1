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
        let usage = BuilderUsage(
            """
            ID:           uev874nq2phljjvhphxdjqlu7
            Mutable:      true
            Shared:       false
            Size:         20MB
            Description:  local source for context
            Type:         source.local

            ID:\t\tx5zl49oasurhwfz1sl9xrumuw
            Parents:\ta;b
            Shared:\t\ttrue
            Size:\t\t30MB
            Description:\t[1/1] COPY Size: /
            Type:\t\tregular

            ID:           igz1nyx5s7idvrc4cy9elsska
            Shared:       false
            Size:         1.5MB
            Description:  mount / from exec /bin/sh -c make Type: source.local
            Type:         regular

            ID:           gexdcu9q63t5b1mbw8kb5801b
            Shared:       false
            Size:         22B
            Type:         source.local

            Shared:       30MB
            Total:        51.5MB
            """
        )
        #expect(usage.contexts == 20_000_022)
        #expect(usage.total == 21_500_022)
        #expect(BuilderUsage("").contexts == 0)
    }

    @Test(
        arguments: [
            ("ID\tRECLAIMABLE\nTotal:\t209.7MB\n", 209_700_000), ("Total reclaimed space: 734MB", 734_000_000),
            ("Total:  0B", 0), ("", 0), ("Total", 0),
        ] as [(String, Int64)]
    )
    func whatWasFreedIsRead(output: String, bytes: Int64) {
        #expect(BuilderUsage.freed(output) == bytes)
    }
}
