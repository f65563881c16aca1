import Docker
import Logging
import Testing

@testable import Inputs

@Suite struct BaseImagePinningTests {
    private static let reference = "registry.example.com/base:1"

    private static func image(_ digests: [String]) -> ImageDetails {
        ImageDetails(id: "sha256:a", size: 1, created: "", labels: [:], repositoryDigests: digests)
    }

    @Test(arguments: [
        ([], BaseImagePinning.Origin.builtHere),
        (["other.example.com/base@sha256:a"], .builtHere),
        (["registry.example.com/base@sha256:b"], .pulled),
        (["registry.example.com/base@sha256:a"], .undisclosed),
        (["registry.example.com/base@sha256:a", "registry.example.com/base@sha256:a"], .undisclosed),
        (["registry.example.com/base@sha256:a", "registry.example.com/base@sha256:b"], .pulled),
    ])
    func whereAnImageComesFromIsToldByItsDigests(digests: [String], origin: BaseImagePinning.Origin) {
        // Digests have 64 digits, so the short ones are extended here.
        let whole = digests.map { digest in
            String(digest.dropLast()) + String(repeating: String(digest.suffix(1)), count: 64)
        }
        var image = Self.image(whole)
        image.id = "sha256:" + String(repeating: "a", count: 64)
        #expect(BaseImagePinning.origin(of: image, Self.reference) == origin)
    }
}
