import Images
import Testing

@testable import Providers

@Suite struct RegistryMirrorTests {
    @Test(
        arguments: [
            ("https://mirror.example.com/", "mirror.example.com", false),
            ("http://127.0.0.1:5000", "127.0.0.1:5000", true),
            ("https://mirror.example.com/path/", nil, false),
            ("mirror.example.com", nil, false),
            ("https://user@mirror.example.com", nil, false),
            ("https://", nil, false),
        ] as [(String, String?, Bool)]
    )
    func whatTheDaemonListsIsRead(text: String, host: String?, isPlain: Bool) {
        let mirror = RegistryMirror(text)
        #expect(mirror?.host == host)
        #expect((mirror?.isPlain ?? false) == isPlain)
    }

    @Test func theNameStaysBehindTheHost() throws {
        let mirror = try #require(RegistryMirror("http://127.0.0.1:5000/"))
        #expect(
            try mirror.reference(RegistryReference("alpine:3.20")).description == "127.0.0.1:5000/library/alpine:3.20"
        )
    }
}
