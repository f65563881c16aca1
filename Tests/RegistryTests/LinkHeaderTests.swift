import Testing

@testable import HTTP
@testable import Registry

@Suite struct LinkHeaderTests {
    @Test(
        arguments: [
            ([], nil),
            ([""], nil),
            (["</v2/a/tags/list?last=b&n=2>; rel=\"next\""], "/v2/a/tags/list?last=b&n=2"),
            (["</next>;rel=next"], "/next"),
            (["</next>; REL=\"Next\""], "/next"),
            (["</next>; title=\"a, <b>; rel=x\"; rel=\"next\""], "/next"),
            (["</first>; rel=\"first\", </next>; rel=\"next\""], "/next"),
            (["</first>; rel=first", "<https://other.example/next>; rel=next"], "https://other.example/next"),
            (["</next>; rel=\"last next\""], "/next"),
            (["</next>; rel=\"nextish\""], nil),
            (["</prev>; rel=\"prev\""], nil),
            (["</next>"], nil),
            (["</never ends; rel=\"next\""], nil),
            (["/next; rel=next"], nil),
            (["</next>; rel=prev; rel=next"], nil),
        ] as [([String], String?)]
    )
    func theNextPageIsFound(headers: [String], expected: String?) {
        #expect(LinkHeader.next(in: headers) == expected)
    }
}
