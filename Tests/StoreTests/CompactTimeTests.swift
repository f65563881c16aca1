import Testing

@testable import Store

@Suite struct CompactTimeTests {
    @Test(arguments: [
        (Int64(0), "19700101T000000Z"),
        (-1, "19691231T235959Z"),
        (999, "19700101T000000Z"),
        (someTime, "20261123T184500Z"),
        (951_782_400_000, "20000229T000000Z"),
        (951_868_800_000, "20000301T000000Z"),
        (1_709_251_199_000, "20240229T235959Z"),
        (4_107_542_400_000, "21000301T000000Z"),
        (253_402_300_799_999, "99991231T235959Z"),
    ])
    func aMomentIsWrittenInUTC(milliseconds: Int64, text: String) {
        #expect(CompactTime(milliseconds: milliseconds).description == text)
    }
}
