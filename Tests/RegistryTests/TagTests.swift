import Images
import NIOHTTP1
import Registry
import Synchronization
import Testing

/// Listing, moving and deleting tags, against a fake registry.
@Suite struct TagTests {
    @Test func allPagesAreReadAndTheirTagsSorted() async throws {
        let answer: FakeRegistry.Answer = { request in
            switch request.uri {
            case "/v2/team/app/tags/list":
                .registry(200, #"{"tags": ["c", "a"]}"#, ["Link": "</v2/team/app/tags/list?last=c>; rel=\"next\""])
            case "/v2/team/app/tags/list?last=c":
                .registry(200, #"{"tags": ["b", "a"]}"#, ["Link": "<?last=b>; rel=\"next\""])
            default:
                .registry(200, #"{"tags": null}"#)
            }
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let tags = try await withClient(registry.address) { try await $0.tags(of: registry.repository) }
            #expect(tags == ["a", "b", "c"])
            #expect(registry.lines.count == 3)
        }
    }

    private static func list(_ body: String, _ headers: HTTPHeaders = [:]) -> FakeReply {
        .registry(200, body, headers)
    }

    private typealias Case = (FakeReply, tags: [String]?, words: String?)

    private static let cases: [Case] = [
        (list(#"{"name": "team/app", "tags": []}"#), [], nil),
        (list(#"{"name": "team/app"}"#), [], nil),
        (.error(404, "NAME_UNKNOWN"), nil, nil),
        (list("[]"), nil, "it is not a JSON object"),
        (list(#"{"tags": "a"}"#), nil, "it has no \"tags\", or one of another kind than the specification wants"),
        (list(#"{"tags": ["a", 1]}"#), nil, "it has a tag that is no text"),
        (list(#"{"tags": ["a/../b"]}"#), nil, "the tag \"a/../b\" is none"),
        (
            list(#"{"tags": ["a"]}"#, ["Link": "</v2/team/app/tags/list>; rel=next"]), nil,
            "the pages of the list go round in circles"
        ),
        (
            list(#"{"tags": ["a"]}"#, ["Link": "<file:///etc/passwd>; rel=next"]), nil,
            "the address of the next page cannot be used"
        ),
    ]

    @Test(arguments: cases.indices)
    func aListIsWholeOrAnError(position: Int) async throws {
        let (reply, expected, words) = Self.cases[position]
        try await FakeRegistry.withRegistry(answering: { _ in reply }) { registry in
            let found = Mutex<[String]?>(nil)
            let error = try await withClient(registry.address) { client in
                await registryError {
                    let tags = try await client.tags(of: registry.repository)
                    found.withLock { $0 = tags }
                }
            }
            #expect(error?.words == words)
            #expect(found.withLock { $0 } == expected)
        }
    }

    @Test func aListWithTooManyPagesIsAnError() async throws {
        let answer: FakeRegistry.Answer = { request in
            Self.list(#"{"tags": []}"#, ["Link": "<\(request.uri)x>; rel=next"])
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address, settings: { $0.tagPages = 3 }) { client in
                await registryError { _ = try await client.tags(of: registry.repository) }
            }
            #expect(error?.words == "the list has more than 3 pages")
            #expect(registry.lines.count == 3)
        }
    }

    @Test func aPageOnAnotherHostGetsNoCredentials() async throws {
        try await FakeRegistry.withRegistry(answering: { _ in .plain(200, #"{"tags": ["b"]}"#) }) { other in
            let link = "<http://\(other.address)/more>; rel=next"
            let answer: FakeRegistry.Answer = { request in
                guard request.authorization != nil else { return .unauthorised("Basic realm=\"fake\"") }
                return Self.list(#"{"tags": ["a"]}"#, ["Link": link])
            }
            try await FakeRegistry.withRegistry(answering: answer) { registry in
                let credential = RegistryCredential.password(username: "me", password: "hunter2")
                let tags = try await withClient(registry.address, credentials: { _ in credential }) {
                    try await $0.tags(of: registry.repository)
                }
                #expect(tags == ["a", "b"])
                #expect(other.requests.map(\.authorization) == [nil])
            }
        }
    }

    @Test func aTagIsMovedByOneRequestWithTheSameBytesAndType() async throws {
        let image = SampleImage(type: .dockerManifest)
        try await FakeRegistry.withRegistry(answering: { _ in .registry(201) }) { registry in
            try await withClient(registry.address) {
                try await $0.putTag(image.fetched, as: ImageReference(repository: registry.repository, tag: "latest"))
            }
            #expect(registry.lines == ["PUT /v2/team/app/manifests/latest"])
            #expect(registry.requests.first?.body == image.manifest)
            #expect(registry.requests.first?.headers["Content-Type"] == [MediaType.dockerManifest.description])
        }
    }

    @Test func aTagThatMayNotBeMovedIsAnErrorOfItsOwn() async throws {
        let words =
            "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the "
            + "repository is immutable."
        try await FakeRegistry.withRegistry(answering: { _ in .error(400, "TAG_INVALID", words) }) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError {
                    let tag = try ImageReference(repository: registry.repository, tag: "v1")
                    try await client.putTag(SampleImage().fetched, as: tag)
                }
            }
            #expect(error?.reason == .immutableTag)
            #expect(
                error?.description == "\(registry.address) does not move a tag that is there "
                    + "(PUT /v2/team/app/manifests/v1): TAG_INVALID: \(words) "
                    + "Allow this tag to be overwritten, or choose one that is not moved."
            )
        }
    }

    @Test func deletionThatIsSwitchedOffIsAnErrorOfItsOwn() async throws {
        try await FakeRegistry.withRegistry(answering: { _ in .error(405, "UNSUPPORTED") }) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.delete(Digest(of: []), from: registry.repository) }
            }
            #expect(error?.reason == .unsupported)
        }
    }

    // Deletion by tag. `a` and `b` are one image; `multi` is an index of `part` and another.
    private static let first = SampleImage()
    private static let part = SampleImage(architecture: "arm64")
    private static let other = SampleImage(architecture: "s390x")
    private static let index = SampleImage.index([("arm64", part), ("s390x", other)])
    private static let multi = Digest(of: index.utf8)

    private static func withTaggedRegistry(_ body: (FakeRegistry) async throws -> Void) async throws {
        let answer: FakeRegistry.Answer = { request in
            if request.method == "DELETE" { return .registry(202) }
            switch request.uri.split(separator: "/").last {
            case "list": return .registry(200, #"{"tags": ["a", "b", "part", "multi"]}"#)
            case "a", "b": return .manifest(first.manifest, type: first.type)
            case "part": return .manifest(part.manifest, type: part.type)
            case "multi", .some(Substring(multi.description)): return .manifest(index, type: .imageIndex)
            default: return .error(404, "MANIFEST_UNKNOWN")
            }
        }
        try await FakeRegistry.withRegistry(answering: answer, body)
    }

    private typealias Deletion = (Set<String>, [TagDeletion.Group], absent: [String], deleted: [Digest])

    private static func group(_ digest: Digest, _ tags: [String], _ outcome: TagDeletion.Outcome) -> TagDeletion.Group {
        TagDeletion.Group(digest: digest, tags: tags, outcome: outcome)
    }

    private static let deletions: [Deletion] = [
        (["a"], [group(first.digest, ["a"], .shared(with: ["b"]))], [], []),
        (["a", "b"], [group(first.digest, ["a", "b"], .deleted)], [], [first.digest]),
        (["part"], [group(part.digest, ["part"], .shared(with: ["multi"]))], [], []),
        (["multi"], [group(multi, ["multi"], .deleted)], [], [multi]),
        (
            ["part", "multi", "gone"],
            [group(multi, ["multi"], .deleted), group(part.digest, ["part"], .deleted)], ["gone"], [multi, part.digest]
        ),
        (["gone"], [], ["gone"], []),
        ([], [], [], []),
    ]

    @Test(arguments: deletions.indices)
    func noTagFallsThatWasNotNamed(position: Int) async throws {
        let (tags, groups, absent, deleted) = Self.deletions[position]
        try await Self.withTaggedRegistry { registry in
            let deletion = try await withClient(registry.address) {
                try await $0.delete(tags: tags, from: registry.repository)
            }
            #expect(deletion.groups == groups)
            #expect(deletion.absent == absent)
            let paths = registry.requests.filter { $0.method == "DELETE" }.map(\.uri)
            #expect(paths == deleted.map { "/v2/team/app/manifests/\($0)" })
        }
    }

    /// An agent renewed the image after it was judged.
    @Test func aTagThatNamesAnotherImageByNowStays() async throws {
        try await Self.withTaggedRegistry { registry in
            let deletion = try await withClient(registry.address) {
                try await $0.delete(
                    tags: ["a", "b", "gone"],
                    expected: ["a": Self.part.digest, "b": Self.first.digest, "gone": Self.part.digest],
                    from: registry.repository
                )
            }
            // The one that is kept needs what the other one names.
            #expect(deletion.groups == [Self.group(Self.first.digest, ["b"], .shared(with: ["a"]))])
            #expect(deletion.moved == ["a"])
            #expect(deletion.absent == ["gone"])
            #expect(!registry.requests.contains { $0.method == "DELETE" })
        }
    }

    @Test func whereTagsHaveToGoFirstTheyDo() async throws {
        let tags = Mutex<Set<String>>(["a", "b"])
        let answer: FakeRegistry.Answer = { request in
            let name = request.uri.split(separator: "/").last.map(String.init) ?? ""
            if request.method == "DELETE" {
                return tags.withLock { tags in
                    if tags.remove(name) != nil || tags.isEmpty { return .registry(202) }
                    return .error(400, "GOOGLE_MANIFEST_DANGLING_TAG")
                }
            }
            if name == "list" { return .registry(200, #"{"tags": ["a", "b"]}"#) }
            return .manifest(Self.first.manifest, type: Self.first.type)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let deletion = try await withClient(registry.address) {
                try await $0.delete(tags: ["a", "b"], from: registry.repository)
            }
            #expect(deletion.groups == [Self.group(Self.first.digest, ["a", "b"], .deleted)])
            let deleted = registry.requests.filter { $0.method == "DELETE" }.compactMap {
                $0.uri.split(separator: "/").last
            }
            let digest = Self.first.digest.description
            #expect(deleted.map(String.init) == [digest, "a", "b", digest])
        }
    }
}
