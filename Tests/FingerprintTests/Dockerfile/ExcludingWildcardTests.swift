import Fingerprint
import Testing

@Suite struct ExcludingWildcardTests {
    @Test(
        arguments: [
            ("FROM a\nCOPY --exclude=* e/a* /i/", [2]), ("FROM a\nADD --exclude=x a? /i/", [2]),
            ("FROM a\nCOPY --exclude=x $DIRECTORY /i/", [2]), ("FROM a\nONBUILD COPY --exclude=x [ab] /i/", [2]),
            ("FROM a\nCOPY --exclude=*.txt e /i/", []), ("FROM a\nCOPY e/* /i/", []), ("FROM a\nRUN ls *", []),
            ("no Dockerfile", []),
        ] as [(String, [Int])]
    )
    func linesAreNamed(dockerfile: String, lines: [Int]) {
        #expect(ExcludingWildcard.lines(in: Array(dockerfile.utf8)) == lines)
    }
}
