import Images
import SystemPackage
import Testing

@testable import Docker

@Suite struct BuildRequestTests {
    @Test(
        arguments: [
            (["--build-arg", "A=x"], "--build-arg A=***"), (["--build-arg=A=x"], "--build-arg=A=***"),
            (["--build-arg", "A"], "--build-arg A"), (["--label", "a=x"], "--label ***"),
            (["--label=a=x"], "--label=***"), (["--force-rm", "-q"], "--force-rm -q"), (["x"], "***"),
        ]
    )
    func noValueOfAFurtherArgumentIsShown(words: [String], shown: String) throws {
        let image = try #require(ImageReference("app:1"))
        var request = BuildRequest(context: ".", dockerfile: .file("d"), image: image)
        request.additionalArguments = words
        request.buildArguments = ["B=x=y", "C"]
        #expect(
            request.shownArguments.joined(separator: " ")
                == "build --file d --tag app:1 --build-arg B=*** --build-arg C \(shown) -- ."
        )
    }
}
