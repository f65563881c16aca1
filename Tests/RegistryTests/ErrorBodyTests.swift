import Testing

@testable import Registry

@Suite struct ErrorBodyTests {
    private typealias Case = (String, type: String?, ErrorBody.Form, codes: [String], words: String)

    private static let cases: [Case] = [
        ("", nil, .empty, [], ""),
        (" \n", "text/plain", .empty, [], ""),
        ("Not Authorized\n", "text/plain; charset=utf-8", .otherText, [], "Not Authorized"),
        ("404 page not found", nil, .otherText, [], "404 page not found"),
        (
            #"{"errors": [{"code": "NAME_UNKNOWN", "message": "not known", "detail": {"name": "a"}}]}"#, nil, .registry,
            ["NAME_UNKNOWN"], "NAME_UNKNOWN: not known"
        ),
        (
            #"{"errors": [{"code": "denied", "message": "no"}, {"code": "B", "detail": "why"}]}"#, nil, .registry,
            ["DENIED", "B"], "denied: no; B: why"
        ),
        (#"{"errors": []}"#, nil, .otherText, [], #"{"errors": []}"#),
        (#"{"errors": [null, {}]}"#, nil, .otherText, [], #"{"errors": [null, {}]}"#),
        (#"{"errors": [{"code": 5, "message": "five"}]}"#, nil, .registry, [], "five"),
        (
            #"{"error": "invalid_grant", "error_description": "too old"}"#, nil, .otherText, [],
            "invalid_grant; too old"
        ),
        (#"{"message": "no Route matched"}"#, nil, .otherText, [], "no Route matched"),
        (#"{"details": "incorrect username"}"#, nil, .otherText, [], "incorrect username"),
        ("<html><head><TITLE>503 Sorry</TITLE></head>", "text/html", .html, [], "503 Sorry"),
        ("  <!doctype HTML><p>login</p>", nil, .html, [], ""),
        ("<html><title>cut o", nil, .html, [], "cut o"),
        ("text", "text/html; charset=utf-8", .html, [], ""),
        ("a\u{1B}[31mred\r\n\u{202E}b\u{0}  c", nil, .otherText, [], "a [31mred b c"),
        ("\u{FFFD}{", nil, .otherText, [], "\u{FFFD}{"),
    ]

    @Test(arguments: cases.indices)
    func theWordsAreFoundInEveryForm(position: Int) {
        let (body, type, form, codes, words) = Self.cases[position]
        let read = ErrorBody(Array(body.utf8), contentType: type)
        #expect(read.form == form, "\(body)")
        #expect(read.codes == codes, "\(body)")
        #expect(read.words == words, "\(body)")
    }

    @Test func whatIsLongIsCut() {
        let words = ErrorBody(Array(repeating: UInt8(ascii: "x"), count: 5_000), contentType: nil).words
        #expect(words == String(repeating: "x", count: ErrorBody.maximumLength) + "…")
    }

    @Test func aSecretThatIsRepeatedIsTakenOut() {
        let body = ErrorBody(Array("bad password hunter2!".utf8), contentType: nil, hiding: ["hunter2", ""])
        #expect(body.words == "bad password …!")
    }
}
