import NIOHTTP1
import Testing

@testable import HTTP
@testable import Registry

@Suite struct RetryPolicyTests {
    private typealias Case = (RetryPolicy.Obstacle, tries: Int, remaining: Int, jitter: Double, wait: Int?)

    /// Times are in milliseconds.
    private static let cases: [Case] = [
        (.refused, 1, 10_000, 0, 125), (.refused, 2, 10_000, 0, nil), (.refused, 1, 100, 0, nil),
        (.timedOut, 1, 5_000, 0, 125), (.timedOut, 2, 5_000, 0, nil),
        (.broken, 1, 10_000, 0.5, 187), (.broken, 2, 10_000, 0.5, nil),
        (.status(503, retryAfter: nil), 1, 10_000, 0, 125),
        (.status(503, retryAfter: nil), 1, 10_000, 1, 250),
        (.status(502, retryAfter: nil), 2, 10_000, 0, 250),
        (.status(504, retryAfter: nil), 5, 10_000, 0, 2_000),
        (.status(504, retryAfter: nil), 6, 100_000, 0, nil),
        (.status(429, retryAfter: .seconds(3)), 1, 10_000, 0, 3_000),
        (.status(429, retryAfter: .seconds(3)), 1, 3_000, 0, nil),
        (.status(429, retryAfter: .seconds(60)), 1, 10_000, 0, nil),
        (.status(429, retryAfter: .zero), 1, 10_000, 0, 125),
        (.status(503, retryAfter: .seconds(1)), 1, 10_000, 0, 1_000),
        (.status(200, retryAfter: .seconds(1)), 1, 10_000, 0, nil),
        (.status(401, retryAfter: nil), 1, 10_000, 0, nil),
        (.status(404, retryAfter: nil), 1, 10_000, 0, nil),
        (.status(500, retryAfter: nil), 1, 10_000, 0, nil),
        (.status(501, retryAfter: nil), 1, 10_000, 0, nil),
    ]

    @Test(arguments: cases.indices)
    func theWaitIsDecidedByWhatHappenedAndWhatIsLeft(position: Int) {
        let (obstacle, tries, remaining, jitter, expected) = Self.cases[position]
        let wait = RetryPolicy.wait(
            after: obstacle,
            tries: tries,
            remaining: .milliseconds(remaining),
            jitter: jitter
        )
        let milliseconds = wait.map { Int($0 / .milliseconds(1)) }
        #expect(milliseconds == expected, "\(obstacle), tried \(tries) times, \(remaining) ms left")
    }

    @Test(
        arguments: [
            (nil, nil, nil),
            ("5", nil, 5),
            ("0", nil, 0),
            ("-3", nil, 0),
            ("99999999999", nil, 86_400),
            ("soon", nil, nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT", 7),
            ("Sun, 06 Nov 1994 08:49:30 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, nil),
        ] as [(String?, String?, Int?)]
    )
    func retryAfterIsReadInBothItsForms(value: String?, date: String?, seconds: Int?) {
        var headers = HTTPHeaders()
        if let value { headers.add(name: "Retry-After", value: value) }
        if let date { headers.add(name: "Date", value: date) }
        #expect(RetryPolicy.retryAfter(headers) == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799),
            ("Tue, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
            ("Sun, 06 Now 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func datesOfHTTPAreRead(text: String, seconds: Int64?) {
        #expect(HTTPDate.seconds(text) == seconds)
    }
}
