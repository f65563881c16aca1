import Images
import NIOHTTP1
import Registry
import Testing

@Suite struct RedirectTests {
    private static let image = SampleImage()
    private static let me = RegistryCredential.password(username: "me", password: "hunter2")

    /// A registry that requires a password and stores its blobs at `storage`.
    private static func answer(storage: @escaping @Sendable () -> String) -> FakeRegistry.Answer {
        { request in
            guard request.authorization != nil else { return .unauthorised("Basic realm=\"fake\"") }
            if request.uri.contains("/blobs/") { return .redirect(307, to: storage()) }
            return .manifest(image.manifest, type: image.type)
        }
    }

    private static func image(_ registry: FakeRegistry) async throws -> RegistryImage? {
        try await withClient(registry.address, credentials: { _ in me }) {
            try await $0.image(registry.reference(), platform: .thisMachine)
        }
    }

    @Test func credentialsDoNotFollowToAnotherHost() async throws {
        let blob: FakeRegistry.Answer = { _ in .plain(200, Self.image.configuration) }
        try await FakeRegistry.withRegistry(answering: blob) { storage in
            let location = "http://\(storage.address)/bucket/blob?signature=s3cret"
            try await FakeRegistry.withRegistry(answering: Self.answer { location }) { registry in
                let image = try await Self.image(registry)
                #expect(image?.identifier == Self.image.identifier)
                #expect(storage.lines == ["GET /bucket/blob?signature=s3cret"])
                #expect(storage.requests.first?.headers.contains(name: "Authorization") == false)
            }
        }
    }

    @Test func credentialsDoNotComeBackWithARedirectOfAStranger() async throws {
        try await FakeRegistry.withRegistry(answering: Self.answer { "" }) { target in
            let back = "http://\(target.address)/v2/secret/blobs/x"
            let stranger: FakeRegistry.Answer = { _ in .redirect(302, to: back) }
            try await FakeRegistry.withRegistry(answering: stranger) { storage in
                let location = "http://\(storage.address)/x"
                try await FakeRegistry.withRegistry(answering: Self.answer { location }) { registry in
                    let error = await registryError { _ = try await Self.image(registry) }
                    // The redirect's target is not our registry, so the client does not respond to its 401.
                    #expect(error?.reason == .unauthorised)
                    #expect(error?.host == target.address)
                    #expect(target.requests.map(\.authorization) == [nil])
                }
            }
        }
    }

    @Test func credentialsStayWithTheRegistry() async throws {
        let answer: FakeRegistry.Answer = { request in
            guard request.authorization != nil else { return .unauthorised("Basic realm=\"fake\"") }
            if request.uri == "/moved" { return .registry(200, Self.image.configuration) }
            if request.uri.contains("/blobs/") { return .redirect(302, to: "/moved") }
            return .manifest(Self.image.manifest, type: Self.image.type)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let image = try await Self.image(registry)
            #expect(image?.identifier == Self.image.identifier)
        }
    }

    @Test func redirectsEnd() async throws {
        let answer: FakeRegistry.Answer = { _ in .redirect(307, to: "/again") }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = await registryError { _ = try await Self.image(registry) }
            #expect(error?.reason == .invalidContent)
            #expect(error?.words == "more than 5 redirects")
            #expect(registry.lines.count == 6)
        }
    }

    @Test func whatAStrangerDoesNotHaveIsNoAnswerOfTheRegistry() async throws {
        let gone: FakeRegistry.Answer = { _ in
            .plain(404, "<Error><Code>NoSuchKey</Code></Error>", type: "application/xml")
        }
        try await FakeRegistry.withRegistry(answering: gone) { storage in
            let location = "http://\(storage.address)/x"
            try await FakeRegistry.withRegistry(answering: Self.answer { location }) { registry in
                let error = await registryError { _ = try await Self.image(registry) }
                #expect(error?.reason == .notFound)
                #expect(error?.host == storage.address)
            }
        }
    }
}
