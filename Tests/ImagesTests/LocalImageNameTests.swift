import Testing

@testable import Images

@Suite struct LocalImageNameTests {
    static let key = "0123456789012345678901234567890123456789"

    @Test func anImageHasANameOfItsOwnByItsID() throws {
        let shared = try #require(ImageReference("team/app:\(Self.key)"))
        let own = try LocalImageName.own(shared, id: "sha256:fedcba9876543210")
        #expect(own.description == "team/app:\(Self.key)-fedcba987654")
        #expect(LocalImageName.isOwn(own.description, beside: shared.description))
    }

    @Test func temporaryNamesAreOfTheSameForm() throws {
        var random = SystemRandomNumberGenerator()
        let shared = try #require(ImageReference("app:\(Self.key)"))
        let names = try (0..<100).map { _ in try LocalImageName.temporary(shared, using: &random).description }
        #expect(names.allSatisfy { LocalImageName.isOwn($0, beside: shared.description) })
        #expect(names.allSatisfy { LocalImageName.isTemporary($0, beside: shared.description) })
        #expect(!LocalImageName.isTemporary("\(shared)-0123456789ab", beside: shared.description))
        #expect(Set(names).count == names.count)
    }

    @Test(
        arguments: [
            ("app:\(key)-0123456789ab", true), ("app:\(key)-t0123456789ab", true),
            ("app:\(key)", false), ("app:\(key)-0123456789a", false),
            ("app:\(key)-0123456789abc", false), ("app:\(key)-0123456789AB", false), ("app:\(key)-r1", false),
            ("web:\(key)-0123456789ab", false), ("app:cache-\(key)", false),
        ]
    )
    func onlyTwelveDigitsBehindTheSharedNameAreAnOwnName(name: String, isOwn: Bool) {
        #expect(LocalImageName.isOwn(name, beside: "app:\(Self.key)") == isOwn)
    }

    /// The names that `docker image ls` shows: https://github.com/distribution/reference
    @Test(
        arguments: [
            ("app:1", "app:1"), ("docker.io/library/app:1", "app:1"), ("docker.io/team/app:1", "team/app:1"),
            ("index.docker.io/library/app:1", "app:1"), ("library/app:1", "app:1"),
            ("registry.example/library/app:1", "registry.example/library/app:1"),
        ]
    )
    func theDaemonLeavesOutWhatStandsForDockerHub(name: String, listed: String) {
        #expect(LocalImageName.listed(name) == listed)
    }
}
