import Buildkite
import Options
import Testing

@Suite struct PluginOptionsTests {
    static let image = OptionDefinition("image", .text, "The name of the image")
    static let days = OptionDefinition("max-age-days", .number, default: "30", "Days")
    static let save = OptionDefinition("save", .boolean, default: "true", "Save")
    static let arguments = OptionDefinition("build-args", argument: "build-arg", .list, of: .pairs, "Arguments")
    static let strategy = OptionDefinition(
        "strategy",
        .choice(["artifact", "build", "hybrid"]),
        default: "hybrid",
        "How"
    )
    static let url = OptionDefinition("registry.url", .text, "Where")
    static let all = [image, days, save, arguments, strategy, url]

    static func read(_ variables: [String: String]) throws -> OptionValues {
        try PluginOptions.read(
            all,
            from: Dictionary(uniqueKeysWithValues: variables.map { (PluginOptions.prefix + $0.key, $0.value) })
        )
    }

    @Test func optionsAreReadFromTheAgentsVariables() throws {
        let values = try Self.read([
            "IMAGE": "app", "MAX_AGE_DAYS": "0.5", "SAVE": "false", "REGISTRY_URL": "host:5000",
        ])
        #expect(try values.text(Self.image) == "app")
        #expect(try values.number(Self.days) == 0.5)
        #expect(try values.boolean(Self.save) == false)
        #expect(try values.text(Self.url) == "host:5000")
    }

    @Test func whatIsAbsentOrEmptyHasItsDefault() throws {
        let values = try Self.read(["IMAGE": ""])
        #expect(try values.text(Self.image) == nil)
        #expect(try values.number(Self.days) == 30)
        #expect(try values.boolean(Self.save))
        #expect(try values.choice(Self.strategy) == "hybrid")
        #expect(values.list(Self.arguments) == [])
    }

    @Test func aListIsReadInTheOrderOfItsNumbers() throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<12).map { ("BUILD_ARGS_\($0)", "A\($0)=1") })
        #expect(try Self.read(many).list(Self.arguments) == (0..<12).map { "A\($0)=1" })
    }

    @Test(arguments: [
        ("A=1", ["A=1"]), ("A=1\nB=2 \n", ["A=1", "B=2 "]), ("A=1\r\n\r\n  \nB=2", ["A=1", "B=2"]), ("", []),
        ("\n", []),
    ])
    func aListGivenAsOneTextIsAListOfItsLines(text: String, expected: [String]) throws {
        #expect(try Self.read(["BUILD_ARGS": text]).list(Self.arguments) == expected)
    }

    @Test func anElementOfAListMayHaveSeveralLines() throws {
        #expect(try Self.read(["BUILD_ARGS_0": "A=1\n2"]).list(Self.arguments) == ["A=1\n2"])
    }

    @Test(
        arguments: [
            (["BUILD_ARGS_NODE_ENV": "test", "BUILD_ARGS_A": "1"], nil, #"["A=…", "NODE_ENV=…"]"#),
            (["BUILD_ARGS_0_NODE_ENV": "test", "BUILD_ARGS_1": "B"], nil, #"["NODE_ENV=…"]"#),
            (["BUILD_ARGS_NODE_ENV": "test"], #"{"build-args":{"node-env":"test"}}"#, #"["node-env=…"]"#),
            (["BUILD_ARGS_0_NODE_ENV": "test"], #"{"build-args":[{"node_env":"test"}]}"#, #"["node_env=…"]"#),
            (["SECRETS_0_ID": "a", "SECRETS_0_SRC": "b"], nil, #"["id=…,src=…"]"#),
            (["SECRETS_NPM_TOKEN": "a"], nil, #"["NPM_TOKEN"]"#),
            (["SECRETS_0_ID": "a", "SECRETS_0_SRC": "b"], #"{"secrets":[{"id":"a","src":"b"}]}"#, #"["id=…,src=…"]"#),
        ] as [([String: String], String?, String)]
    )
    func aMapInPlaceOfAListIsAnsweredWithTheList(
        variables: [String: String],
        configuration: String?,
        list: String
    ) throws {
        let secrets = OptionDefinition("secrets", argument: "secret", .list, of: .identified, "Secrets")
        var environment = Dictionary(
            uniqueKeysWithValues: variables.map { (PluginOptions.prefix + $0.key, $0.value) }
        )
        environment["BUILDKITE_PLUGIN_CONFIGURATION"] = configuration
        let error = #expect(throws: OptionError.self) {
            try PluginOptions.read(Self.all + [secrets], from: environment)
        }
        let option = variables.keys.contains { $0.hasPrefix("SECRETS") } ? "secrets" : "build-args"
        #expect(error?.description == "The option \(option) is a map: expected a list, as in \(option): \(list)")
    }

    @Test(arguments: [
        ("REGISTRY", "The option registry has options of its own. Below it, write url."),
        ("URL", "There is no option url. Did you mean registry.url?"),
    ])
    func whatSlippedOutOfItsGroupIsNamed(variable: String, message: String) {
        let error = #expect(throws: OptionError.self) { try Self.read([variable: "x"]) }
        #expect(error?.description == message)
    }

    @Test func whatIsNoMapIsAnUnknownOption() {
        let error = #expect(throws: OptionError.self) {
            try PluginOptions.read(
                Self.all,
                from: [
                    PluginOptions.prefix + "BUILD_ARGS_FILE": "x",
                    "BUILDKITE_PLUGIN_CONFIGURATION": #"{"build-args-file":"x"}"#,
                ]
            )
        }
        #expect(error?.description.hasPrefix("There is no option build-args-file.") == true)
    }

    @Test func whatTheFirstUseOfThePluginExportedIsNoOption() throws {
        let values = try Self.read([
            "IMAGE": "app", "HIT": "true", "OUTCOME": "local-hit", "KEY": "k", "EXPORT_IMAGE": "app",
            "EXPORT_TAG": "k", "DIGEST": "",
        ])
        #expect(try values.text(Self.image) == "app")
    }

    /// An earlier use of the plugin exports more variables, and the plugin that this one follows also had a hit.
    @Test(arguments: [["KEY"], ["KEY", "HIT", "EXPORT_IMAGE", "EXPORT_TAG"]])
    func aKeyThatNoEarlierUseExportedIsAnsweredWithTheOption(names: [String]) {
        let given = Dictionary(uniqueKeysWithValues: names.map { ($0, "x") }).merging(["IMAGE": "app"]) { $1 }
        let error = #expect(throws: OptionError.self) { try Self.read(given) }
        #expect(error?.description.contains("BUILDKITE_PLUGIN_DOCKER_CACHE_KEY is set") == true)
        #expect(error?.description.contains("Set `cache-key` instead") == true)
    }

    @Test(arguments: [
        (
            "DIGEST",
            "There is no option digest. The options are image, max-age-days, save, build-args, strategy, registry.url."
        ),
        ("IMGAE", "There is no option imgae. Did you mean image?"),
        ("MAX_AGE_DAY", "There is no option max-age-day. Did you mean max-age-days?"),
        ("BUILD_ARG_0", "There is no option build-arg. Did you mean build-args?"),
        ("REGISTRY_ULR", "There is no option registry-ulr. Did you mean registry.url?"),
        (
            "SOMETHING_ELSE_ALTOGETHER",
            "There is no option something-else-altogether. "
                + "The options are image, max-age-days, save, build-args, strategy, registry.url."
        ),
        ("IMAGE_0", "The option image is a list: expected one value."),
    ])
    func anOptionNobodyKnowsIsRefusedWithTheNearest(variable: String, message: String) {
        let error = #expect(throws: OptionError.self) { try Self.read([variable: "x"]) }
        #expect(error?.description == message)
    }

    /// The agent names the variables after the plugin's repository.
    @Test(arguments: ["DOCKER_CACHE", "DOCKER_CACHE_GIT", "OUR_FORK"])
    func theAgentChoosesThePrefix(name: String) throws {
        let values = try PluginOptions.read(
            Self.all,
            from: ["BUILDKITE_PLUGIN_NAME": name, "BUILDKITE_PLUGIN_\(name)_IMAGE": "app", "BUILDKITE_PLUGIN_X": "y"]
        )
        #expect(try values.text(Self.image) == "app")
    }

    @Test(arguments: [
        (
            #"{"https://example.com/a/docker-cache.git#v1":{"image":"app","target":null}}"#, "DOCKER_CACHE_GIT",
            "The option target has no value"
        ),
        (#"{"a/docker-cache#v1":{"image":null,"ecr":{"region":null}}}"#, nil, "The options ecr.region, image have no"),
        (#"{"a/docker-cache-buildkite-plugin#v1":{"image":null}}"#, nil, "The option image has no value"),
        (#"{"a/docker-cache#v1":{"image":"b"}},{"a/docker-cache#v1":{"image":null}}"#, nil, "The option image has no"),
        (#"{"a/docker-cache-buildkite-plugin#v1":null}"#, nil, nil), (#"{"a/other#v1":{"image":null}}"#, nil, nil),
    ])
    func anOptionWithoutAValueIsNamed(plugin: String, name: String?, message: String?) throws {
        func read() throws -> OptionValues {
            try PluginOptions.read(
                Self.all,
                from: ["BUILDKITE_PLUGINS": "[\(plugin)]", "BUILDKITE_PLUGIN_NAME": name ?? ""]
            )
        }
        guard let message else {
            _ = try read()
            return
        }
        let error = #expect(throws: OptionError.self) { try read() }
        #expect(error?.description.hasPrefix(message) == true)
        #expect(error?.description.contains("passes on none of the plugin's options") == true)
    }

    @Test(arguments: ["thirty", "-1", "e3", "1e", "1e400", ".5", "nan", "0x10", "1.2.3", "١"])
    func aNumberThatIsNoneIsRefused(text: String) throws {
        let values = try Self.read(["MAX_AGE_DAYS": text])
        let error = #expect(throws: OptionError.self) { try values.number(Self.days) }
        #expect(
            error?.description == "The option max-age-days is \"\(text)\": "
                + "expected a number, at least 0, such as 30 or 0.5."
        )
    }

    @Test func aWordThatIsNotAllowedIsRefusedWithTheNearest() throws {
        let values = try Self.read(["STRATEGY": "hybird"])
        let error = #expect(throws: OptionError.self) { try values.choice(Self.strategy) }
        #expect(
            error?.description == "The option strategy is \"hybird\": expected artifact, build or hybrid. "
                + "Did you mean \"hybrid\"?"
        )
    }

    @Test func onTheCommandLineOptionsAreNamedAsTheyStandThere() {
        var values = OptionValues(origin: .commandLine)
        values.set(Self.days, to: ["x"])
        let error = #expect(throws: OptionError.self) { try values.number(Self.days) }
        #expect(error?.description.hasPrefix("--max-age-days is") == true)
        #expect(values.displayName(Self.arguments) == "--build-arg")
        #expect(values.displayName(Self.url) == "--registry-url")
    }

    @Test(arguments: [("$TOKEN", "secret"), ("${TOKEN}", "secret"), ("plain", "plain")])
    func aVariableIsTakenFromTheEnvironment(text: String, expected: String) throws {
        let values = try Self.read(["IMAGE": text])
        #expect(try values.resolvedText(Self.image, environment: ["TOKEN": "secret"]) == expected)
    }

    @Test(arguments: [[:], ["TOKEN": ""]])
    func aVariableThatIsNotSetIsNamedTogetherWithTheOption(environment: [String: String]) throws {
        let values = try Self.read(["IMAGE": "$TOKEN"])
        #expect(throws: OptionError.variableNotSet(option: "image", variable: "TOKEN")) {
            try values.resolvedText(Self.image, environment: environment)
        }
    }

    @Test(arguments: ["$ecr3t.Passw0rd", "$", "${}", "$1"])
    func aPasswordThatBeginsWithADollarIsNotShown(text: String) throws {
        let values = try Self.read(["IMAGE": text])
        let error = #expect(throws: OptionError.notAVariable(option: "image")) {
            try values.resolvedText(Self.image, environment: [:])
        }
        #expect(error?.description.contains("cr3t") == false)
    }
}
