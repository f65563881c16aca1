import Store
import Testing

@Suite struct CivilDateTests {
    @Test(
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-01", 20_758), ("1969-12-31", -1),
            ("0000-03-01", -719_468),
        ] as [(String, Int64)]
    )
    func aDayIsReadAndWrittenAlike(text: String, days: Int64) {
        #expect(CivilDate(text)?.daysSince1970 == days)
        #expect(CivilDate(daysSince1970: days).description == text)
    }

    @Test(arguments: [
        "", "2026-2-01", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "26-01-01",
        "2026-01-01Z", "2026-01-0x", "２026-01-01",
    ])
    func whatIsNoDayIsRefused(text: String) {
        #expect(CivilDate(text) == nil)
    }
}
