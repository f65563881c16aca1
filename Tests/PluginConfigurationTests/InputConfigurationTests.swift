import Docker
import FoundationEssentials
import Images
import Options
import SystemPackage
import TestSupport
import Testing

@testable import PluginConfiguration

/// The options that decide the key.
@Suite struct InputConfigurationTests {
    @Test func beforeTheCheckoutNoFileIsLookedFor() throws {
        try ConfigurationTests.check([
            "provider": ["local"], "image": ["app"], "context": ["/nowhere"], "dockerfile": ["/nowhere/D"],
        ])
    }

    @Test func inTheCheckoutContextAndDockerfileMustBeThere() throws {
        try withTemporaryDirectory { directory in
            let values = try ConfigurationTests.options(["context": [directory.string]])
            let error = #expect(throws: OptionError.self) {
                try InputConfiguration(values, environment: [:], stage: .inCheckout)
            }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("There is no Dockerfile in "), "\(text)")
            #expect(text.hasSuffix(", and none in the context. Set the option dockerfile to its path."), "\(text)")
            for (option, value, words) in [
                (OptionTable.dockerfile, "\(directory)/no", "The option dockerfile names \(directory)/no, but"),
                (OptionTable.dockerfile, "nowhere.file", "no such regular file. It was looked for in "),
                (OptionTable.additionalBuildArguments, "--file=nowhere.file", "The option additional-build-args names"),
            ] {
                var named = values
                named.set(option, to: [value])
                let error = #expect(throws: OptionError.self) {
                    try InputConfiguration(named, environment: [:], stage: .inCheckout)
                }
                #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            }
            let missing = try ConfigurationTests.options(["context": ["\(directory)/nowhere"]])
            let other = #expect(throws: OptionError.self) {
                try InputConfiguration(missing, environment: [:], stage: .inCheckout)
            }
            #expect(
                other?.description.contains(
                    "The option context names \(directory)/nowhere, but there is no such directory"
                ) == true
            )
        }
    }

    @Test(arguments: [
        ("./a,./b", ["./a", "./b"]), ("a/b.lock, c.lock", ["a/b.lock", "./c.lock"]), ("v1,v2", ["v1,v2"]),
        ("./a,\nv1", ["./a", "v1"]),
    ])
    func aSingleTextMayNameSeveralPathsForTheKey(text: String, expected: [String]) throws {
        var values = OptionValues(origin: .pipeline)
        values.set(OptionTable.cacheKey, toLinesOf: text)
        let inputs = try InputConfiguration(values, environment: [:], stage: .beforeCheckout)
        #expect(inputs.cacheKey == expected)
    }

    @Test(arguments: [
        (
            "https://example.com/a//b.git#main",
            "fetch it in an earlier hook or plugin of the step, and name the directory."
        ),
        ("git@example.com:a/b.git", "fetch it in an earlier hook or plugin of the step, and name the directory."),
        ("-", "a context cannot come from standard input."),
    ])
    func aContextIsADirectory(text: String, advice: String) {
        let error = #expect(throws: OptionError.self) {
            try ConfigurationTests.check(["provider": ["local"], "image": ["app"], "context": [text]])
        }
        #expect(error?.description == "The option context is \"\(text)\": only directories work; \(advice)")
    }

    @Test(arguments: ["{{ checksum \"package-lock.json\" }}", "v1-{{ .Branch }}"])
    func aTemplateIsNoKey(text: String) throws {
        let error = #expect(throws: OptionError.self) {
            try ConfigurationTests.check(["provider": ["local"], "image": ["app"], "cache-key": ["v1", text]])
        }
        #expect(error?.description.contains("templates are not filled in here") == true)
    }

    @Test(arguments: [("*.lock", true), ("v1", false), ("./Package.swift", false), ("Package.swift", true)])
    func aTextThatLooksLikeAFileIsNoticed(text: String, isNoticed: Bool) throws {
        // Tests run in the package's directory.
        try #require(FileManager.default.fileExists(atPath: "Package.swift"))
        let notices = InputConfiguration.notices(ofKey: [text])
        #expect(notices.isEmpty != isNoticed)
        #expect(notices.allSatisfy { $0.contains("\"./\(text)\"") })
    }

    @Test func anElementOfTheKeyMayHaveCommas() throws {
        let values = try ConfigurationTests.options(["cache-key": ["./a,b"]])
        #expect(try InputConfiguration(values, environment: [:], stage: .beforeCheckout).cacheKey == ["./a,b"])
    }

    @Test(arguments: ["Dockerfile", "dockerfile", nil])
    func aDockerfileInLowerCaseIsFoundWhereThereIsNoOther(given: String?) throws {
        try withTemporaryDirectory { directory in
            var options = ["context": [directory.string]]
            if let given { options["dockerfile"] = ["\(directory)/\(given)"] }
            func found() throws -> BuildRequest.Dockerfile {
                try InputConfiguration(try ConfigurationTests.options(options), environment: [:], stage: .inCheckout)
                    .dockerfile
            }
            try Data().write(to: URL(filePath: "\(directory)/dockerfile"))
            #expect(try found() == .file(directory.appending("dockerfile")))
            try Data().write(to: URL(filePath: "\(directory)/Dockerfile"))
            #expect(try found() == .file(directory.appending(given ?? "Dockerfile")))
        }
    }

    @Test func aSecretIsItsVariable() throws {
        let values = try ConfigurationTests.options(["secrets": ["TOKEN", "id=key,src=/run/key"]])
        let inputs = try InputConfiguration(values, environment: [:], stage: .beforeCheckout)
        #expect(inputs.secrets == ["id=TOKEN,env=TOKEN", "id=key,src=/run/key"])
        #expect(inputs.secretIdentifiers == ["TOKEN", "key"])
    }

    @Test(
        arguments: [
            (["platform": ["linux/x86_64"]], [:], "linux/amd64"),
            (
                ["platform": ["linux/amd64"], "additional-build-args": ["--platform linux/x86_64"]], [:], "linux/amd64"
            ),
            (["platform": ["local"]], [:], Platform.thisMachine.description),
            (["additional-build-args": ["--platform linux/arm64"]], [:], "linux/arm64"),
            ([:], ["DOCKER_DEFAULT_PLATFORM": "linux/arm64"], "linux/arm64"),
            (["platform": ["linux/386"]], ["DOCKER_DEFAULT_PLATFORM": "linux/arm64"], "linux/386"),
            ([:], [:], nil),
        ] as [([String: [String]], [String: String], String?)]
    )
    func thePlatformIsTheNearestThatIsGiven(
        given: [String: [String]],
        environment: [String: String],
        expected: String?
    ) throws {
        let inputs = try InputConfiguration(
            try ConfigurationTests.options(given),
            environment: environment,
            stage: .beforeCheckout
        )
        #expect(inputs.platform?.description == expected)
    }
}
