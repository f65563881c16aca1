import Testing

@testable import Telemetry

/// Lists in variables, and the attributes that are sent for them.
@Suite struct KeyValueListTests {
    @Test(arguments: [
        ("", ""), ("a=1", "a:1"),
        (" a = 1 , b=2 ", "a:1|b:2"), ("a=", "a:"), ("a=b=c", "a:b=c"), ("a=1,,b=2,", "a:1|b:2"),
        ("a=1,b=2,a=3", "b:2|a:3"), ("a=%C3%BC%2C%25", "a:ü,%"), ("%61=1", "a:1"),
    ])
    func aListIsRead(text: String, pairs: String) throws {
        let list = try #require(KeyValueList(text))
        #expect(list.pairs.map { "\($0.name):\($0.value)" }.joined(separator: "|") == pairs)
    }

    @Test(arguments: ["a", "=1", "a=1,b", "a=%", "a=%2", "a=%zz", "a=%+1", "a=%FF"])
    func whatIsNoListIsNone(text: String) {
        #expect(KeyValueList(text) == nil)
    }

    @Test(
        arguments: [
            ([:], "service.name=docker-cache service.version=9"),
            (["OTEL_SERVICE_NAME": "ci"], "service.version=9 service.name=ci"),
            (
                ["OTEL_RESOURCE_ATTRIBUTES": "service.name=x,deployment.environment=eu%20west"],
                "service.version=9 service.name=x deployment.environment=eu west"
            ),
            (
                ["OTEL_RESOURCE_ATTRIBUTES": "service.name=x", "OTEL_SERVICE_NAME": "y"],
                "service.version=9 service.name=y"
            ),
            // An invalid list is dropped as a whole.
            (["OTEL_RESOURCE_ATTRIBUTES": "a=1,b"], "service.name=docker-cache service.version=9"),
        ] as [([String: String], String)]
    )
    func whatSendsSpansIsNamedByTheVariables(environment: [String: String], expected: String) {
        let attributes = ResourceAttributes.read(environment, version: "9")
        let texts = attributes.map { attribute -> String in
            guard case .text(let text) = attribute.value else { return "?" }
            return "\(attribute.name)=\(text)"
        }
        #expect(texts.joined(separator: " ") == expected)
    }
}
