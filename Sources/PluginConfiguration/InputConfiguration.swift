import Buildkite
package import Docker
package import Fingerprint
package import Images
package import Options
package import SystemPackage

/// The options that decide the key, read and checked.
package struct InputConfiguration {
    /// The context as the user wrote it; relative paths are relative to the working directory.
    package let context: FilePath
    package let dockerfile: BuildRequest.Dockerfile
    package let target: String?
    /// The arguments as the user wrote them.
    package let buildArguments: [String]
    package let additionalArguments: AdditionalArguments?
    /// The secrets in docker's form: `id=…,…`.
    package let secrets: [String]
    package let secretIdentifiers: [String]
    /// Nil to leave it to the daemon.
    package let platform: Platform?
    package let keyInputs: KeyInputsChoice
    /// Whether the key has what base images' names resolve to, and not only the names.
    package let pinsBaseImages: Bool
    /// The elements of the user's own key; empty if the key is computed.
    package let cacheKey: [String]
    /// The option of ``cacheKey`` as the user knows it, for errors.
    package let cacheKeyOption: String
    /// Notices for the user about how the options were understood.
    package let notices: [String]

    /// How much of the Dockerfile and the context is in the key.
    package enum KeyInputsChoice: String, Sendable {
        /// The stages that the target needs, and what they take from the context.
        case copied
        /// All of both.
        case context
    }

    /// Reads the options.
    ///
    /// Throws ``OptionError`` for invalid values. Checks for files only in the checkout.
    package init(
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage
    ) throws(OptionError) {
        for definition in [OptionTable.dockerfile, OptionTable.target] {
            try Self.checkName(definition, options)
        }
        context = try Self.context(options)
        target = try options.text(OptionTable.target)
        buildArguments = try Self.buildArguments(options)
        additionalArguments = try Self.additionalArguments(options)
        (secrets, secretIdentifiers) = try Self.secrets(options)
        platform = try Self.platform(options, additional: additionalArguments, environment: environment)
        keyInputs = KeyInputsChoice(rawValue: try options.choice(OptionTable.keyInputs)) ?? .copied
        cacheKey = try Self.cacheKey(options)
        cacheKeyOption = options.displayName(OptionTable.cacheKey)
        pinsBaseImages = try options.choice(OptionTable.baseImages) == "pin"
        let choice = try Self.dockerfile(options, additional: additionalArguments, context: context, stage: stage)
        dockerfile = choice.dockerfile
        notices = (choice.notice.map { [$0] } ?? []) + (stage == .inCheckout ? Self.notices(ofKey: cacheKey) : [])
        if pinsBaseImages, !cacheKey.isEmpty {
            throw .conflict(
                option: options.displayName(OptionTable.baseImages),
                with: options.displayName(OptionTable.cacheKey),
                reason: "the latter replaces the Dockerfile, which names the base images. Remove one of the two."
            )
        }
        if pinsBaseImages, additionalArguments?.pullsBases == true {
            throw .conflict(
                option: options.displayName(OptionTable.baseImages),
                with: options.displayName(OptionTable.additionalBuildArguments),
                reason: "the latter has --pull, with which the builder takes what it finds, and pinned base images are "
                    + "fetched anyway. Remove one of the two."
            )
        }
        if stage == .inCheckout {
            try checkPaths(options)
            try checkSecrets(options, environment: environment)
        }
    }

    /// The selected buildx builder, from a flag or from the variable `BUILDX_BUILDER`; nil for none.
    package func chosenBuilder(environment: [String: String]) -> String? {
        let name = additionalArguments?.builder ?? environment["BUILDX_BUILDER"] ?? ""
        return name.isEmpty ? nil : name
    }

    /// The context as the builder gets it.
    package var buildContext: BuildContext {
        if case .file(let path) = dockerfile {
            BuildContext(root: context, dockerfile: path)
        } else {
            BuildContext(root: context, dockerfile: nil)
        }
    }

    /// Throws for a name with a control character. Builders reject those with errors that do not show them.
    private static func checkName(_ definition: OptionDefinition, _ options: OptionValues) throws(OptionError) {
        guard let text = try options.text(definition), text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return
        }
        throw .invalid(
            option: options.displayName(definition),
            value: EscapedPath.text(Array(text.utf8)),
            reason: "it has a control character, such as a line break, and no builder takes that in a name."
        )
    }

    /// Converts `NAME` to `id=NAME,env=NAME`, and finds the id in the long form.
    ///
    /// Errors never show the value: a user who writes `TOKEN=…` has written the secret itself.
    private static func secrets(
        _ options: OptionValues
    ) throws(OptionError) -> (arguments: [String], identifiers: [String]) {
        var arguments: [String] = []
        var identifiers: [String] = []
        let expected = "expected NAME, id=NAME,env=VARIABLE or id=NAME,src=FILE."
        for (position, text) in options.list(OptionTable.secrets).enumerated() where !text.isEmpty {
            if text.contains("=") {
                guard let identifier = field(["id"], of: text) else {
                    throw .secret(
                        option: options.displayName(OptionTable.secrets),
                        position: position + 1,
                        reason: "has no id; \(expected)"
                    )
                }
                arguments.append(text)
                identifiers.append(identifier)
            } else {
                guard VariableName.isWellFormed(text) else {
                    throw .secret(
                        option: options.displayName(OptionTable.secrets),
                        position: position + 1,
                        reason: "is not the name of a variable; \(expected)"
                    )
                }
                arguments.append("id=\(text),env=\(text)")
                identifiers.append(text)
            }
        }
        return (arguments, identifiers)
    }

    /// The value of the first of `names` in a string such as `id=NAME,src=FILE`.
    private static func field(_ names: [String], of text: String) -> String? {
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2, names.contains(String(pair[0])) { return String(pair[1]) }
        }
        return nil
    }

    /// Throws if a secret is missing. A build would silently go on without it.
    private func checkSecrets(_ options: OptionValues, environment: [String: String]) throws(OptionError) {
        for secret in secrets {
            if let variable = Self.field(["env"], of: secret), environment[variable] == nil {
                throw .variableNotSet(option: options.displayName(OptionTable.secrets), variable: variable)
            }
            if let path = Self.field(["src", "source"], of: secret), Self.kind(FilePath(path)) == nil {
                throw .notFound(
                    option: options.displayName(OptionTable.secrets),
                    path: path,
                    what: "file",
                    hint: Self.placeHint(FilePath(path))
                )
            }
        }
    }
}
