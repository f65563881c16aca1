import Images
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("my-app", nil, "my-app"),
        ("team/my-app", nil, "team/my-app"),
        ("a__b/c--d/e.f_g", nil, "a__b/c--d/e.f_g"),
        ("registry.example.com/app", "registry.example.com", "app"),
        ("localhost/app", "localhost", "app"),
        ("127.0.0.1:5000/team/app", "127.0.0.1:5000", "team/app"),
        ("[::1]:5000/app", "[::1]:5000", "app"),
        ("Registry.Example.com/app", "Registry.Example.com", "app"),
    ])
    func aNameDockerAcceptsIsRead(name: String, host: String?, path: String) throws {
        let read = try RepositoryName(name)
        #expect(read.host == host)
        #expect(read.path == path)
        #expect(read.description == name)
    }

    @Test(arguments: [
        ("", NameError.empty),
        ("My-App", .uppercase(component: "My-App")),
        ("team//app", .emptyComponent),
        ("/app", .emptyComponent),
        ("app/", .emptyComponent),
        ("my-app:latest", .hasTag(component: "my-app:latest")),
        ("my-app@sha256", .hasTag(component: "my-app@sha256")),
        ("a..b", .separator(component: "a..b", separator: "..")),
        ("a___b", .separator(component: "a___b", separator: "___")),
        ("a._b", .separator(component: "a._b", separator: "._")),
        ("-app", .separatorAtEdge(component: "-app")),
        ("app-", .separatorAtEdge(component: "app-")),
        ("my app", .character(component: "my app")),
        ("äpp", .character(component: "äpp")),
        ("reg.example.com:0/app", .malformedHost("reg.example.com:0")),
        ("reg..example.com/app", .malformedHost("reg..example.com")),
        (String(repeating: "a", count: 64), .looksLikeIdentifier),
        (String(repeating: "x", count: 256), .tooLong(length: 256)),
    ])
    func aNameDockerRefusesIsRefused(name: String, error: NameError) {
        #expect(throws: error) { try RepositoryName(name) }
    }

    @Test func aNameOfTheGreatestLengthIsRead() throws {
        #expect(try RepositoryName(String(repeating: "x", count: 255)).path.utf8.count == 255)
    }

    @Test(arguments: [
        ("latest", true), ("_x", true), ("v1.2-3_4", true), (String(repeating: "a", count: 128), true),
        ("", false), (".x", false), ("-x", false), ("a/b", false), ("a b", false), ("ä", false),
        (String(repeating: "a", count: 129), false),
    ])
    func tagsAreCheckedAsTheSpecificationHasIt(tag: String, accepted: Bool) {
        #expect(ImageReference.isWellFormed(tag: tag) == accepted)
    }
}
