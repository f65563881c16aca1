import Testing

@testable import Docker

@Suite struct InsecureRegistriesTests {
    private static let cases: [(json: String, expected: [String]?)] = [
        (
            #"""
            {"InsecureRegistryCIDRs": ["127.0.0.0/8"], "IndexConfigs": {
                "docker.io": {"Name": "docker.io", "Secure": true},
                "r.example.com:5000": {"Name": "r.example.com:5000", "Secure": false},
                "a.example.com": {"Name": "a.example.com", "Secure": false}}}
            """#, ["127.0.0.0/8", "localhost", "a.example.com", "r.example.com:5000"]
        ),
        (#"{"InsecureRegistryCIDRs": ["10.0.0.0/8"]}"#, ["10.0.0.0/8"]),
        (#"{"InsecureRegistryCIDRs": null, "IndexConfigs": null}"#, []),
        ("{}", []), ("null", nil), ("", nil), ("<no value>", nil),
    ]

    @Test(arguments: cases.indices)
    func whatTheDaemonListsIsRead(position: Int) {
        let (json, expected) = Self.cases[position]
        #expect(DockerClient.insecureRegistries(in: json) == expected)
    }
}
