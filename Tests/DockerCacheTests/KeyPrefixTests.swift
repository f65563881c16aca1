import Testing

@testable import DockerCache

/// How `inspect`, `forget` and `explain` interpret a given key.
@Suite struct KeyPrefixTests {
    @Test(arguments: ["", "nothing", "4478c4ed…", String(repeating: "0", count: 41)])
    func whatNoKeyBeginsWithIsRefused(given: String) {
        #expect(throws: KeyPrefixError.malformed(given)) { try KeyPrefix(given) }
    }

    @Test func lettersMayBeLarge() throws {
        #expect(try KeyPrefix("4478C4ED").digits == "4478c4ed")
    }

    @Test func oneKeyMayBeFoundMoreThanOnceAndAnotherMayNot() throws {
        let prefix = try KeyPrefix("44")
        #expect(try prefix.onlyKey(of: []) == nil)
        #expect(try prefix.onlyKey(of: ["44a", "44a"]) == "44a")
        #expect(throws: KeyPrefixError.ambiguous("44", keys: ["44a", "44b"])) {
            try prefix.onlyKey(of: ["44b", "44a", "44b"])
        }
    }
}
