import Fingerprint
import Images
import Store
import Testing

@testable import Inputs

@Suite struct BaseImageInquiryTests {
    private static let hour: Int64 = 3_600_000
    private static let now: Int64 = 1_795_459_500_000

    private static func record(learned ago: Int64, isKnown: Bool = true) -> BaseImageRecord {
        BaseImageRecord(
            reference: "node:20",
            platform: "linux/amd64",
            learnedAt: now - ago,
            digest: nil,
            hasTriggers: isKnown ? false : nil,
            variables: []
        )
    }

    @Test(
        arguments: [
            (0, hour, true), (hour - 1, hour, true), (hour, hour, false), (0, 0, false), (1000 * hour, nil, true),
            (-1, hour, false),
        ] as [(Int64, Int64?, Bool)]
    )
    func anAnswerIsRememberedAsLongAsAnImage(ago: Int64, maximumAge: Int64?, isCurrent: Bool) {
        let record = Self.record(learned: ago)
        #expect(BaseImageInquiry.isCurrent(record, maximumAge: maximumAge, now: Self.now) == isCurrent)
    }

    @Test(arguments: [(0, true), (9 * 60_000, true), (10 * 60_000, false)] as [(Int64, Bool)])
    func thatNobodyAnsweredIsRememberedForTenMinutes(ago: Int64, isCurrent: Bool) {
        let record = Self.record(learned: ago, isKnown: false)
        #expect(BaseImageInquiry.isCurrent(record, maximumAge: 30 * 24 * Self.hour, now: Self.now) == isCurrent)
    }

    @Test(arguments: [
        ("FROM x", ["linux/amd64"]), ("FROM --platform=linux/aarch64 x", ["linux/arm64"]),
        ("FROM --platform=$BUILDPLATFORM x", ["linux/amd64", "linux/s390x"]),
        ("FROM --platform=$TARGETPLATFORM x", ["linux/amd64"]),
    ])
    func everyPlatformThatMayBeMeantIsAskedFor(dockerfile: String, expected: [String]) throws {
        let precise = PreciseInputs(
            dockerfile: Array(dockerfile.utf8),
            parameters: DockerfileParameters(target: nil, buildArguments: [], platform: "linux/amd64")
        )
        guard case .precise(let inputs) = precise else {
            Issue.record("\(precise)")
            return
        }
        let platforms = BuildPlatforms(
            target: try #require(Platform("linux/amd64")),
            builder: try #require(Platform("linux/s390x"))
        )
        let asked = platforms.questions(try #require(inputs.baseImages.first))
        #expect(asked.map(\.platform.description) == expected)
    }
}
